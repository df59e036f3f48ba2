public import Crypto
public import LibPQ
public import Logging

/// Does a unit of work at most once a key, and remembers its outcome in the same transaction.
///
/// The one operation is ``perform(scope:key:fingerprint:policy:finalOutcome:isolation:_:)``; doors such as the Hummingbird
/// middleware turn their request into (scope, key, fingerprint) and the outcome back. The protocol's statements, endings and
/// reasons are described in docs/protocol.md.
public final class Idempotency: Sendable {
    /// The rules for calls that bring none of their own.
    public let policy: IdempotencyPolicy
    let pool: PostgresPool
    let logger: Logger
    let claimWaiters: ClaimWaiters
    let secret: SymmetricKey?
    let keyRing: IdempotencyKeyRing?
    let newKeyLimiter = NewKeyLimiter(clock: ContinuousClock())
    let singleFlight: SingleFlight<ContinuousClock>

    /// Makes an engine; sends nothing.
    ///
    /// - Parameters:
    ///   - pool: where keys and business tables live. The work's transactions run on its connections. The common request is
    ///     fastest when the pool's `lockTimeout` equals the policy's `waitBudget`, as both do by default.
    ///   - policy: the default rules. A contradictory policy is a programming error and stops the process with the reason.
    ///   - waiters: how many duplicates may wait in memory for the request that runs. A limit under 1 is a programming error and stops
    ///     the process with the reason.
    ///   - secret: the HMAC key for what is stored of keys and fingerprints. Default nil: plain SHA-256. With another secret every stored
    ///     key is a new one; see ``KeyID``.
    ///   - keyRing: the keys under which header fields and bodies are encrypted in the table. Default nil: they are stored as they are.
    ///   - logger: where the engine reports. Keys, scopes, fingerprints and bodies are never logged.
    public init(
        pool: PostgresPool, policy: IdempotencyPolicy = IdempotencyPolicy(), waiters: WaiterLimits = WaiterLimits(),
        secret: SymmetricKey? = nil, keyRing: IdempotencyKeyRing? = nil, logger: Logger = Logger(label: "idempotency")
    ) {
        do {
            try policy.validate()
            try waiters.validate()
        } catch {
            preconditionFailure("\(error)")
        }
        self.pool = pool
        self.policy = policy
        self.secret = secret
        self.keyRing = keyRing
        self.logger = logger
        claimWaiters = ClaimWaiters(poolSize: pool.maximumConnections)
        singleFlight = SingleFlight(clock: ContinuousClock(), limits: waiters)
    }

    /// Runs `work` unless this key has an outcome; answers with the outcome either way.
    ///
    /// `work` runs on a database connection's thread, or on the caller's actor if it belongs to one, in a READ COMMITTED transaction
    /// that has claimed the key. What it writes
    /// through the transaction and the outcome that it returns are committed together, or neither. It may run again in a new
    /// transaction after `40001`, `40P01` or a COMMIT that proved to be lost, so its effects belong into the transaction.
    ///
    /// | `work` | its writes | key |
    /// |---|---|---|
    /// | returns an outcome below 500 | kept | completed |
    /// | throws an error that `finalOutcome` maps to an outcome | undone | completed |
    /// | returns 5xx or throws anything else | undone | free |
    /// | takes longer than ``IdempotencyPolicy/handlerDeadline`` | undone | free |
    ///
    /// - Parameters:
    ///   - scope: who owns the key, e.g. a tenant.
    ///   - key: the client's key.
    ///   - fingerprint: what the request asks for.
    ///   - policy: rules for this call instead of ``policy``.
    ///   - finalOutcome: the outcome of an error that is final, nil for errors after which a retry shall run again. Default:
    ///     no error is final.
    ///   - isolation: the caller's.
    ///   - work: the unit of work.
    /// - Throws: `work`'s error, unwrapped; an ``IdempotencyError``: `invalidPolicy`, `mismatch`, `inFlight`, `keyExpired`,
    ///   `tooManyNewKeys`, `unavailable`, `outcomeUnknown`, `deadlineExceeded`, `transactionAborted`, `responseTooLarge`, `invalidOutcome`,
    ///   `damagedOutcome`, `outcomeUnreadable`; a `PostgresError` that has no such meaning (a missing table, a deferred constraint); or
    ///   `CancellationError` when the task is cancelled while it waits in memory for a duplicate.
    public func perform(
        scope: String, key: IdempotencyKey, fingerprint: Fingerprint, policy: IdempotencyPolicy? = nil,
        finalOutcome: ((any Error) async throws -> Outcome?)? = nil,
        isolation: isolated (any Actor)? = #isolation,
        _ work: (PostgresTransaction) async throws -> Outcome
    ) async throws -> Performed {
        try policy?.validate()
        return try await perform(
            scope: scope, key: key, fingerprint: fingerprint, under: policy ?? self.policy, finalOutcome: finalOutcome,
            work)
    }

    /// The same under a policy that was validated once, as that of a route is.
    package func perform(
        scope: String, key: IdempotencyKey, fingerprint: Fingerprint, under policy: IdempotencyPolicy,
        finalOutcome: ((any Error) async throws -> Outcome?)? = nil,
        isolation: isolated (any Actor)? = #isolation,
        _ work: (PostgresTransaction) async throws -> Outcome
    ) async throws -> Performed {
        let keyID = KeyID(key, secret: secret)
        let unit = KeyedUnit(
            scope: scope, key: key, keyID: keyID,
            fingerprint: secret.map { fingerprint.keyed(with: $0, for: keyID) } ?? fingerprint,
            policy: policy)
        let entry = try await singleFlight.enter(
            unit.flightKey, fingerprint: unit.fingerprint, deadline: .now + unit.policy.waitBudget)
        switch consume entry {
        case .leader(let ticket):
            // A thrown error releases the ticket, too.
            let performed = try await lead(unit, finalOutcome: finalOutcome, work)
            ticket.finish(performed.stored(under: unit.policy))
            return performed
        case .outcome(let stored):
            return Performed(replaying: stored)
        case .mismatch:
            throw IdempotencyError.mismatch
        case .timedOut:
            throw IdempotencyError.inFlight
        case .full:
            throw IdempotencyError.inFlight
        }
    }
}
