public import HTTPTypes

/// The rules under which keys are accepted, kept, and waited for. One for a service; a route may have its own.
///
/// A policy is data: nothing is checked while it is put together. ``validate()`` says whether it makes sense, and
/// `Idempotency` and its doors call it before the first request.
public struct IdempotencyPolicy: Sendable, Hashable {
    /// How long an outcome is kept, counted from the claim. Default 24 hours.
    ///
    /// A retry that comes later is a new request. Make it longer than clients go on retrying, and publish it to them.
    public var retention: Duration

    /// How long a duplicate waits for the request that runs. Default 2 seconds; `.zero` rejects it at once.
    ///
    /// Past the budget the duplicate gets 409. Longer budgets make fewer 409 and more open requests.
    public var waitBudget: Duration

    /// Whether a request without key is refused with 400 (default), or runs unprotected.
    public var keyRequired: Bool

    /// How the header field may spell a key. Default `.lenient`.
    public var keySyntax: IdempotencyKey.Syntax

    /// The methods that a door protects; others pass through. Default POST and PATCH, the two that HTTP calls neither
    /// safe nor idempotent (RFC 9110 section 9.2.2).
    public var methods: Set<HTTPRequest.Method>

    /// The statuses of *thrown* errors that are final: the work's writes are undone, the answer is stored and replayed.
    /// Default 402, 404, 409, 410 and 422.
    ///
    /// Only 4xx: a 5xx promises that trying again may help, and storing it would break the promise for the whole
    /// retention. 400 and 401 are left out by default because the client corrects them and tries again.
    public var finalStatuses: Set<Int>

    /// The largest request body in bytes that a door collects for the fingerprint. Default 1 MiB; more is 413.
    public var maximumRequestBody: Int

    /// The largest response body in bytes that is stored. Default 1 MiB; more is 500 and undoes the work's writes.
    public var maximumResponseBody: Int

    /// How often the whole unit runs again after a serialization failure (40001) or deadlock (40P01). Default 3.
    public var maximumReruns: Int

    /// How long an unknown COMMIT is investigated before the caller gets 503. Default 10 seconds.
    public var resolveDeadline: Duration

    /// Makes a policy; what is not named has its default.
    public init(
        retention: Duration = .hours(24),
        waitBudget: Duration = .seconds(2),
        keyRequired: Bool = true,
        keySyntax: IdempotencyKey.Syntax = .lenient,
        methods: Set<HTTPRequest.Method> = [.post, .patch],
        finalStatuses: Set<Int> = [402, 404, 409, 410, 422],
        maximumRequestBody: Int = 1 << 20,
        maximumResponseBody: Int = 1 << 20,
        maximumReruns: Int = 3,
        resolveDeadline: Duration = .seconds(10)
    ) {
        self.retention = retention
        self.waitBudget = waitBudget
        self.keyRequired = keyRequired
        self.keySyntax = keySyntax
        self.methods = methods
        self.finalStatuses = finalStatuses
        self.maximumRequestBody = maximumRequestBody
        self.maximumResponseBody = maximumResponseBody
        self.maximumReruns = maximumReruns
        self.resolveDeadline = resolveDeadline
    }
}

extension IdempotencyPolicy {
    /// The longest retention: ten years. More is a unit mistaken (milliseconds for seconds), not a wish.
    static let maximumRetention: Duration = .hours(24 * 3653)

    /// The longest wait budget: an hour. `lock_timeout` holds 24 days, but no HTTP client waits longer than this.
    static let maximumWaitBudget: Duration = .hours(1)

    /// The largest body limit in bytes, 512 MiB: a value of PostgreSQL and a message of its protocol end at 1 GB.
    static let maximumBody = 512 << 20

    /// The most re-runs: each repeats the whole work, and what does not succeed in 100 tries will not.
    static let mostReruns = 100

    /// Checks that the values make sense, alone and together.
    ///
    /// - Throws: ``IdempotencyError`` with the code `.invalidPolicy` and a sentence that names the first value that is
    ///   wrong.
    public func validate() throws(IdempotencyError) {
        if let problem {
            throw IdempotencyError(.invalidPolicy, "The policy cannot be used: \(problem).")
        }
    }

    private var problem: String? {
        if retention <= .zero {
            return "retention must be positive, but is \(retention)"
        }
        if retention > Self.maximumRetention {
            return "retention must be at most \(Self.maximumRetention) (ten years), but is \(retention)"
        }
        if waitBudget < .zero {
            return "waitBudget must not be negative, but is \(waitBudget); zero rejects duplicates at once"
        }
        if waitBudget > Self.maximumWaitBudget {
            return "waitBudget must be at most \(Self.maximumWaitBudget) (an hour), but is \(waitBudget)"
        }
        if resolveDeadline <= .zero {
            return "resolveDeadline must be positive, but is \(resolveDeadline)"
        }
        if retention <= waitBudget + resolveDeadline {
            // A key must outlive every request that still waits for it or asks about its COMMIT; else it would be
            // reclaimed while its own request runs.
            return "retention (\(retention)) must be longer than waitBudget and resolveDeadline together "
                + "(\(waitBudget + resolveDeadline))"
        }
        if maximumReruns < 0 || maximumReruns > Self.mostReruns {
            return "maximumReruns must be 0 to \(Self.mostReruns), but is \(maximumReruns)"
        }
        if maximumRequestBody < 1 || maximumRequestBody > Self.maximumBody {
            return "maximumRequestBody must be 1 to \(Self.maximumBody) bytes, but is \(maximumRequestBody)"
        }
        if maximumResponseBody < 1 || maximumResponseBody > Self.maximumBody {
            return "maximumResponseBody must be 1 to \(Self.maximumBody) bytes, but is \(maximumResponseBody)"
        }
        if methods.isEmpty {
            return "methods is empty, so that no request would be protected"
        }
        if let status = finalStatuses.sorted().first(where: { !(400...499 ~= $0) }) {
            return "finalStatuses may hold 400 to 499 only, but holds \(status)"
        }
        return nil
    }

    /// The wait budget as PostgreSQL's `lock_timeout`, in whole milliseconds.
    ///
    /// Rounded up, and 1 for a budget of zero: 0 means no limit at all to PostgreSQL.
    var lockTimeoutMilliseconds: Int { Self.lockTimeoutMilliseconds(for: waitBudget) }

    /// The same for what is left of a budget, which may be negative by the time it is read.
    static func lockTimeoutMilliseconds(for duration: Duration) -> Int {
        let (seconds, attoseconds) = min(max(duration, .zero), maximumWaitBudget).components
        let fraction = (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        return max(1, Int(seconds) * 1000 + Int(fraction))
    }
}
