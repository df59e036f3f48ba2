public import HTTPTypes

/// The rules under which keys are accepted, kept, and waited for. One for a service; a route may have its own.
///
/// A policy is data: nothing is checked while it is put together. ``validate()`` says whether it makes sense; `Idempotency` and its
/// doors call it before the first request, and `perform` for the policy of one call.
public struct IdempotencyPolicy: Sendable {
    /// How long an outcome is kept, counted from the claim. Default 24 hours.
    ///
    /// A retry that comes later is a new request. Make it longer than clients go on retrying, and publish it to them.
    public var retention: Duration

    /// How long a duplicate waits for the request that runs. Default 2 seconds; `.zero` rejects it at once.
    ///
    /// Past the budget the duplicate gets 409. Longer budgets make fewer 409 and more open requests.
    public var waitBudget: Duration

    /// How long a client may ask to wait with `Prefer: wait=N` (RFC 7240 section 4.3). Default 10 seconds; `.zero` ignores it.
    ///
    /// A preference takes the place of ``waitBudget``, up to this cap; it may be shorter, too.
    public var maximumPreferredWait: Duration

    /// How long the work may take from its claim until COMMIT is sent. Default 60 seconds; later, nothing is committed and the
    /// caller gets 503.
    ///
    /// A statement that runs then is cancelled. Whatever else the work waits for is not interrupted: it is refused when it returns.
    ///
    /// It keeps a claim from outliving its retention, and a connection from being held for ever. Network calls do not belong
    /// into a transaction, so that only slow statements come near it.
    public var handlerDeadline: Duration

    /// What becomes of a retry that comes after the retention. Default `.reexecute`: it is a new request.
    public var lateRetries: LateRetries

    /// What a replay may contain. Default `.snapshot`: the first answer, byte for byte.
    public var replay: ReplayForm

    /// Which header fields of the answer are stored and replayed. Default `.all` but those that no replay may repeat.
    public var storedHeaders: StoredHeaders

    /// What makes two requests the same. Default `.rawBody`: method, path, query, content type and every byte of the body.
    public var fingerprint: FingerprintRule

    /// How many new keys a scope may use in a time. Default nil: any number.
    public var newKeys: NewKeyLimit?

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

    /// Decides in place of ``finalStatuses`` when set: the thrown error and the status of its answer in, whether it is final
    /// out. Default nil. Only errors with a status of 400 to 499 are asked about.
    public var isFinal: (@Sendable (any Error, Int) -> Bool)?

    /// The largest header section of a request in bytes, names and values, that a door accepts. Default 32 KiB; more is 431.
    public var maximumRequestHeaders: Int

    /// The largest header section of an answer in bytes, names and values of the fields that are stored. Default 32 KiB; more is 500
    /// and undoes the work's writes.
    public var maximumResponseHeaders: Int

    /// The largest request body in bytes that a door collects for the fingerprint. Default 1 MiB; more is 413.
    public var maximumRequestBody: Int

    /// The largest body of an answer in bytes that is stored, and that a door takes from its handler at all. Default 1 MiB; more is
    /// 500 and undoes the work's writes.
    public var maximumResponseBody: Int

    /// How often the whole unit runs again after a serialization failure (40001), a deadlock (40P01) or a COMMIT that proved to be
    /// lost. Default 3.
    public var maximumReruns: Int

    /// How long an unknown COMMIT is investigated before the caller gets 503. Default 10 seconds.
    public var resolveDeadline: Duration

    /// Makes a policy; what is not named has its default.
    public init(
        retention: Duration = .hours(24),
        waitBudget: Duration = .seconds(2),
        maximumPreferredWait: Duration = .seconds(10),
        handlerDeadline: Duration = .seconds(60),
        lateRetries: LateRetries = .reexecute,
        replay: ReplayForm = .snapshot,
        storedHeaders: StoredHeaders = .all,
        fingerprint: FingerprintRule = .rawBody,
        newKeys: NewKeyLimit? = nil,
        keyRequired: Bool = true,
        keySyntax: IdempotencyKey.Syntax = .lenient,
        methods: Set<HTTPRequest.Method> = [.post, .patch],
        finalStatuses: Set<Int> = [402, 404, 409, 410, 422],
        isFinal: (@Sendable (any Error, Int) -> Bool)? = nil,
        maximumRequestHeaders: Int = 32 << 10,
        maximumResponseHeaders: Int = 32 << 10,
        maximumRequestBody: Int = 1 << 20,
        maximumResponseBody: Int = 1 << 20,
        maximumReruns: Int = 3,
        resolveDeadline: Duration = .seconds(10)
    ) {
        self.retention = retention
        self.waitBudget = waitBudget
        self.maximumPreferredWait = maximumPreferredWait
        self.handlerDeadline = handlerDeadline
        self.lateRetries = lateRetries
        self.replay = replay
        self.storedHeaders = storedHeaders
        self.fingerprint = fingerprint
        self.newKeys = newKeys
        self.keyRequired = keyRequired
        self.keySyntax = keySyntax
        self.methods = methods
        self.finalStatuses = finalStatuses
        self.isFinal = isFinal
        self.maximumRequestHeaders = maximumRequestHeaders
        self.maximumResponseHeaders = maximumResponseHeaders
        self.maximumRequestBody = maximumRequestBody
        self.maximumResponseBody = maximumResponseBody
        self.maximumReruns = maximumReruns
        self.resolveDeadline = resolveDeadline
    }
}
