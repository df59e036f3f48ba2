internal import LibPQ

extension Idempotency {
    /// How far the request with this key has come; runs nothing and changes nothing.
    ///
    /// Only keys of `scope` can be seen: take it from the caller's credentials, as for ``perform(scope:key:fingerprint:policy:finalOutcome:isolation:_:)``.
    ///
    /// `done` is never said before COMMIT. `inProgress` may also be said for the moment in which the purge removes the key's row. While a
    /// request is between two transactions, because it starts over or stores a final error, other processes see no key.
    ///
    /// What runs in this process is known without the database, and what is committed takes one round trip. Otherwise a second one looks
    /// for a claim that is not committed, which can be found only by trying to take the key; the server undoes that at once. A real claim
    /// that comes just then waits for it; one whose ``IdempotencyPolicy/waitBudget`` is zero may be turned away if the server is so busy that it takes over a
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
        let decision: StatusDecision
        do {
            decision = try await pool.withConnection { connection in
                let committed = try Ledger.statusDecision([try await connection.query(Ledger.committed(key))])
                if committed != .answer(nil) { return committed }
                return try Ledger.statusDecision(
                    try await connection.rollBack(try await connection.begin(), after: Ledger.probe(key)))
            }
        } catch let error as PostgresError where error.sqlState == .lockNotAvailable {
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
