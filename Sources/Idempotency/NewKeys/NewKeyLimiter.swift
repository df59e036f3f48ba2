internal import LibPQ
internal import Synchronization

/// Counts new keys for one engine.
final class NewKeyLimiter<C: Clock<Duration>>: Sendable {
    private let table: Guarded<NewKeyTable<C.Instant>>
    private let clock: C

    init(clock: C) {
        self.clock = clock
        table = Guarded(NewKeyTable())
    }

    /// Counts a new key.
    ///
    /// - Throws: `tooManyNewKeys` when the scope has used too many; then the key is not counted.
    func admit(scope: String, limit: NewKeyLimit) throws(IdempotencyError) {
        let admission = table.withLock { $0.admit(scope: scope, limit: limit, now: clock.now) }
        if case .refused(let retryAfter) = admission { throw .tooManyNewKeys(retryAfter: retryAfter) }
    }
}
