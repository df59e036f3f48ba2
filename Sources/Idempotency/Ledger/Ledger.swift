internal import LibPQ

/// All SQL about `idempotency.keys`; migrations/0001 creates the table. What the answers mean is decided elsewhere.
///
/// The database's clock is the only one: times are computed there.
enum Ledger {
    // MARK: Claim

    /// The claim, to be sent in one flush in front of the work; ``claimResult(_:)`` reads the answer.
    ///
    /// INSERT and SELECT are two statements on purpose: in one, the SELECT would run on a snapshot from before the wait for
    /// another transaction and return nothing after a lost race.
    ///
    /// - Parameter lockTimeout: how long to wait for another transaction that holds the key; nil when the connection has
    ///   this `lock_timeout` already, which saves two statements.
    static func claim(_ unit: KeyedUnit, lockTimeout: Duration?) -> [PostgresQuery] {
        let insert: PostgresQuery = """
            INSERT INTO idempotency.keys (scope, key_id, fingerprint, expires_at)
            VALUES (\(unit.scope), \(unit.keyID.uuid), \(unit.fingerprint.bytes), now() + \(unit.retentionSeconds) * interval '1 second')
            ON CONFLICT (scope, key_id) DO NOTHING
            """
        #if MUTANTS
        if Mutant.oneStatementClaim.isActive { return waiting(lockTimeout, [oneStatementClaim(unit)]) }
        #endif
        return waiting(lockTimeout, [insert, look(unit)])
    }

    /// The statements with another `lock_timeout` around them; nil when the connection has the right one already.
    private static func waiting(_ lockTimeout: Duration?, _ statements: [PostgresQuery]) -> [PostgresQuery] {
        guard let lockTimeout else { return statements }
        // 0 would mean "for ever". DEFAULT is what the connection began with.
        let milliseconds = max(1, lockTimeout.wholeMilliseconds)
        return ["SET LOCAL lock_timeout = \(unescaped: "\(milliseconds)")"] + statements
            + ["SET LOCAL lock_timeout = DEFAULT"]
    }

    /// Reads the answers to ``claim(_:lockTimeout:)`` or ``storeFinal(_:_:lockTimeout:)``.
    static func claimResult(_ answers: [PostgresRows]) throws(PostgresError) -> ClaimResult {
        #if MUTANTS
        if Mutant.oneStatementClaim.isActive { return try oneStatementResult(answers) }
        #endif
        let insert = answers.first { $0.commandTag.hasPrefix("INSERT") }
        let select = answers.first { $0.commandTag.hasPrefix("SELECT") }
        return .looked(inserted: insert?.affectedRows == 1, row: try select?.first.map(storedRow))
    }

    private static func look(_ unit: KeyedUnit) -> PostgresQuery {
        """
        SELECT fingerprint, status, headers, body, expires_at <= clock_timestamp()
        FROM idempotency.keys WHERE scope = \(unit.scope) AND key_id = \(unit.keyID.uuid)
        """
    }

    private static func storedRow(_ row: PostgresRow) throws(PostgresError) -> StoredRow {
        let (fingerprint, status, headers, body, expired) = try row.decode(
            ([UInt8], Int?, [UInt8]?, [UInt8]?, Bool).self)
        return StoredRow(fingerprint: fingerprint, status: status, headers: headers, body: body, expired: expired)
    }

    /// Takes an expired key; ``reclaimedRows(_:)`` reads the answer. The guard is looked at again after a wait for another
    /// transaction's reclaim: one row means claimed, none that somebody was faster.
    ///
    /// - Parameter lockTimeout: as for ``claim(_:lockTimeout:)``.
    static func reclaim(_ unit: KeyedUnit, lockTimeout: Duration?) -> [PostgresQuery] {
        let update: PostgresQuery = """
            UPDATE idempotency.keys
            SET fingerprint = \(unit.fingerprint.bytes), status = NULL, headers = NULL, body = NULL,
                created_at = now(), expires_at = now() + \(unit.retentionSeconds) * interval '1 second'
            WHERE scope = \(unit.scope) AND key_id = \(unit.keyID.uuid) AND expires_at <= clock_timestamp()
            """
        #if MUTANTS
        if Mutant.reclaimWithoutGuard.isActive { return waiting(lockTimeout, [unguardedReclaim(unit)]) }
        #endif
        return waiting(lockTimeout, [update])
    }

    /// Reads the answers to ``reclaim(_:lockTimeout:)``.
    static func reclaimedRows(_ answers: [PostgresRows]) -> Int {
        answers.first { $0.commandTag.hasPrefix("UPDATE") }?.affectedRows ?? 0
    }

    // MARK: Outcome

    /// Stores the outcome in the claim's row; rides with COMMIT. Leaves `expires_at` alone, which keeps the update HOT.
    static func storeOutcome(_ unit: KeyedUnit, _ outcome: Outcome) -> PostgresQuery {
        """
        UPDATE idempotency.keys
        SET status = \(outcome.status)::int2, headers = \(headers(outcome)), body = \(outcome.body)
        WHERE scope = \(unit.scope) AND key_id = \(unit.keyID.uuid) AND status IS NULL
        """
    }

    /// The fields that a replay must not repeat are not stored either: some of them are credentials.
    private static func headers(_ outcome: Outcome) -> [UInt8] {
        HeaderCodec.encode(HeaderCodec.storedFields(of: outcome.headers))
    }

    /// Stores key and outcome of a final error together, after the work's own transaction was rolled back.
    ///
    /// - Parameter lockTimeout: as for ``claim(_:lockTimeout:)``: another process may have taken the key meanwhile.
    static func storeFinal(_ unit: KeyedUnit, _ outcome: Outcome, lockTimeout: Duration?) -> [PostgresQuery] {
        let insert: PostgresQuery = """
            INSERT INTO idempotency.keys (scope, key_id, fingerprint, status, headers, body, expires_at)
            VALUES (\(unit.scope), \(unit.keyID.uuid), \(unit.fingerprint.bytes), \(outcome.status)::int2,
                    \(headers(outcome)), \(outcome.body), now() + \(unit.retentionSeconds) * interval '1 second')
            ON CONFLICT (scope, key_id) DO NOTHING
            """
        return waiting(lockTimeout, [insert, look(unit)])
    }

    // MARK: Purge

    /// Deletes one batch of keys whose retention has been over for longer than the grace.
    ///
    /// The outer condition is not redundant: without it a key that was reclaimed and completed between the two scans would
    /// be deleted. The inner one takes the time of the statement's start, which is stable and can therefore be looked up in the
    /// index; `clock_timestamp()` there would read every living key.
    static func purge(batchSize: Int, grace: Duration) -> PostgresQuery {
        let graceSeconds = grace.inSeconds
        #if MUTANTS
        if Mutant.purgeWithoutRecheck.isActive {
            return uncheckedPurge(batchSize: batchSize, graceSeconds: graceSeconds)
        }
        #endif
        return """
            DELETE FROM idempotency.keys
            WHERE ctid = ANY (ARRAY(
                SELECT ctid FROM idempotency.keys
                WHERE expires_at <= statement_timestamp() - \(graceSeconds) * interval '1 second'
                ORDER BY expires_at LIMIT \(batchSize) FOR UPDATE SKIP LOCKED))
            AND expires_at <= clock_timestamp() - \(graceSeconds) * interval '1 second'
            """
    }
}
