internal import LibPQ

extension Idempotency {
    /// How far the request with this key has come; runs nothing and changes nothing.
    ///
    /// Only keys of `scope` can be seen: take it from the caller's credentials, as for ``perform(scope:key:fingerprint:policy:finalOutcome:isolation:_:)``.
    ///
    /// `done` is never said before COMMIT. `inProgress` may also be said for the moment in which the purge removes the key's row, and by the
    /// process that runs the key for as long as it has yet to hear of a COMMIT that others see already. While a request is between two
    /// transactions, because it starts over or stores a final error, no key is seen.
    ///
    /// A key that runs in this process is answered from memory. Of any other the database is asked, in one round trip: a claim that is
    /// not committed can be found only by trying to take the key, which the server undoes at once. A real claim that comes just then waits
    /// for that; one whose ``IdempotencyPolicy/waitBudget`` is zero may be turned away if the server is so busy that it takes over a
    /// millisecond. docs/protocol.md has the statements.
    ///
    /// - Parameters:
    ///   - scope: who owns the key.
    ///   - key: the client's key.
    /// - Returns: nil when nothing is stored under the key and nobody runs it: it was never used, its request failed and left nothing,
    ///   or its retention is over.
    /// - Throws: an ``IdempotencyError``: `unavailable`, `damagedOutcome`; or a `PostgresError` that has no such meaning (a missing
    ///   table).
    public func status(scope: String, key: IdempotencyKey) async throws -> KeyStatus? {
        let key = FlightKey(scope: scope, keyID: KeyID(key, secret: secret))
        // Without a connection: those that run may hold them all.
        if singleFlight.isClaimed(key) { return .inProgress }
        // Behind a pooler the connection may have no limit of its own; then it is the usual one.
        let tableLockTimeout: Duration? = pool.connectionConfiguration.lockTimeout == nil ? .seconds(2) : nil
        let decision: StatusDecision
        do {
            let answers = try await pool.withConnection { connection in
                try await connection.rollBack(
                    try await connection.begin(), after: Ledger.probe(key, tableLockTimeout: tableLockTimeout))
            }
            decision = try Ledger.statusDecision(answers)
        } catch let error as PostgresError where Ledger.isHeld(error) {
            return .inProgress
        } catch {
            throw Self.reported(error)
        }
        switch decision {
        case .answer(let status): return status
        case .damaged(let damage): throw damagedOutcome(damage)
        }
    }
}
