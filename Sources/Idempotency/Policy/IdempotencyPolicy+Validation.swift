extension IdempotencyPolicy {
    /// The longest retention: ten years. More is a unit mistaken (milliseconds for seconds), not a wish.
    static let maximumRetention: Duration = .hours(24 * 3653)

    /// The longest wait budget: an hour. `lock_timeout` holds 24 days, but no HTTP client waits longer than this.
    static let maximumWaitBudget: Duration = .hours(1)

    /// The largest body limit in bytes, 512 MiB: a value of PostgreSQL and a message of its protocol end at 1 GB.
    static let maximumBody = 512 << 20

    /// The largest header limit in bytes, 1 MiB: HTTP servers give up far below it.
    static let maximumHeaders = 1 << 20

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
        if maximumPreferredWait < .zero {
            return
                "maximumPreferredWait must not be negative, but is \(maximumPreferredWait); zero ignores Prefer: wait"
        }
        if maximumPreferredWait > Self.maximumWaitBudget {
            return
                "maximumPreferredWait must be at most \(Self.maximumWaitBudget) (an hour), but is \(maximumPreferredWait)"
        }
        if handlerDeadline <= .zero {
            return "handlerDeadline must be positive, but is \(handlerDeadline)"
        }
        if resolveDeadline <= .zero {
            return "resolveDeadline must be positive, but is \(resolveDeadline)"
        }
        let longestWait = max(waitBudget, maximumPreferredWait)
        if retention <= longestWait + handlerDeadline + resolveDeadline {
            // A key must outlive every request that still waits for it, runs it or asks about its COMMIT; else it would be
            // reclaimed while its own request runs.
            return
                "retention (\(retention)) must be longer than the longest wait, handlerDeadline and resolveDeadline together "
                + "(\(longestWait + handlerDeadline + resolveDeadline))"
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
        if maximumRequestHeaders < 1 || maximumRequestHeaders > Self.maximumHeaders {
            return "maximumRequestHeaders must be 1 to \(Self.maximumHeaders) bytes, but is \(maximumRequestHeaders)"
        }
        if maximumResponseHeaders < 1 || maximumResponseHeaders > Self.maximumHeaders {
            return "maximumResponseHeaders must be 1 to \(Self.maximumHeaders) bytes, but is \(maximumResponseHeaders)"
        }
        if case .refuse(let remember) = lateRetries, remember <= .zero || remember > Self.maximumRetention {
            return
                "lateRetries must remember keys for more than zero and at most \(Self.maximumRetention) (ten years), but for \(remember)"
        }
        if let newKeys, newKeys.count < 1 || newKeys.period <= .zero {
            return
                "newKeys must allow at least 1 key in a positive period, but allows \(newKeys.count) in \(newKeys.period)"
        }
        if methods.isEmpty {
            return "methods is empty, so that no request would be protected"
        }
        if let status = finalStatuses.sorted().first(where: { !(400...499 ~= $0) }) {
            return "finalStatuses may hold 400 to 499 only, but holds \(status)"
        }
        return nil
    }
}
