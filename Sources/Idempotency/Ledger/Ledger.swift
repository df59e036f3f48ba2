internal import LibPQ

/// All SQL of the engine about `idempotency.keys`; migrations/0001 creates the table. What the answers mean is decided elsewhere, and what
/// operators ask is ``KeyInventory``'s.
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
            INSERT INTO idempotency.keys (scope, key_id, fingerprint, expires_at, tombstone_until)
            VALUES (\(unit.scope), \(unit.keyID.uuid), \(unit.fingerprint.bytes),
                    now() + \(unit.retentionSeconds) * interval '1 second', \(tombstoneOf: unit))
            ON CONFLICT (scope, key_id) DO NOTHING
            """
        #if MUTANTS
        if Mutant.oneStatementClaim.isActive { return waiting(lockTimeout, [oneStatementClaim(unit)]) }
        #endif
        return waiting(lockTimeout, [insert, look(unit)])
    }

    /// The statements with another `lock_timeout` around them; nil when the connection has the right one already.
    private static func waiting(_ lockTimeout: Duration?, _ statements: [PostgresQuery]) -> [PostgresQuery] {
        guard lockTimeout != nil else { return statements }
        // DEFAULT is what the connection began with.
        return setting(lockTimeout) + statements + ["SET LOCAL lock_timeout = DEFAULT"]
    }

    private static func setting(_ lockTimeout: Duration?) -> [PostgresQuery] {
        // 0 would mean "for ever".
        lockTimeout.map { ["SET LOCAL lock_timeout = \(unescaped: "\(max(1, $0.wholeMilliseconds))")"] } ?? []
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
        SELECT fingerprint, status, headers, body, replay_form, sealed_with, expires_at, tombstone_until, clock_timestamp()
        FROM idempotency.keys WHERE scope = \(unit.scope) AND key_id = \(unit.keyID.uuid)
        """
    }

    private static func storedRow(_ row: PostgresRow) throws(PostgresError) -> StoredRow {
        let (fingerprint, status, headers, body, replayForm, sealedWith, expiresAt, tombstoneUntil, readAt) =
            try row.decode(
                (
                    [UInt8], Int?, [UInt8]?, [UInt8]?, Int?, String?, PostgresTimestampTZ, PostgresTimestampTZ?,
                    PostgresTimestampTZ
                ).self)
        return StoredRow(
            fingerprint: fingerprint, status: status, headers: headers, body: body, replayForm: replayForm,
            sealedWith: sealedWith, expiresAt: expiresAt, tombstoneUntil: tombstoneUntil, readAt: readAt)
    }

    /// Takes an expired key; ``reclaimResult(_:)`` reads the answer. The guard is looked at again after a wait for another
    /// transaction's reclaim: one row means claimed, none that somebody was faster.
    ///
    /// - Parameter lockTimeout: as for ``claim(_:lockTimeout:)``.
    static func reclaim(_ unit: KeyedUnit, lockTimeout: Duration?) -> [PostgresQuery] {
        let update: PostgresQuery = """
            UPDATE idempotency.keys
            SET fingerprint = \(unit.fingerprint.bytes), status = NULL, headers = NULL, body = NULL,
                replay_form = NULL, sealed_with = NULL, created_at = now(),
                expires_at = now() + \(unit.retentionSeconds) * interval '1 second', tombstone_until = \(tombstoneOf: unit)
            WHERE scope = \(unit.scope) AND key_id = \(unit.keyID.uuid) AND expires_at <= clock_timestamp()
              AND (tombstone_until IS NULL OR tombstone_until <= clock_timestamp())
            RETURNING expires_at
            """
        #if MUTANTS
        if Mutant.reclaimWithoutGuard.isActive { return waiting(lockTimeout, [unguardedReclaim(unit)]) }
        #endif
        return waiting(lockTimeout, [update])
    }

    /// Reads the answers to ``reclaim(_:lockTimeout:)``.
    static func reclaimResult(_ answers: [PostgresRows]) throws(PostgresError) -> ClaimResult {
        let update = answers.first { $0.commandTag.hasPrefix("UPDATE") }
        return .reclaimed(expiries: try update?.decode(PostgresTimestampTZ.self) ?? [])
    }

    // MARK: Outcome

    /// Stores the outcome in the claim's row; rides with COMMIT. Leaves `expires_at` alone, which keeps the update HOT.
    static func storeOutcome(_ unit: KeyedUnit, _ outcome: OutcomeColumns) -> PostgresQuery {
        """
        UPDATE idempotency.keys
        SET status = \(outcome.status)::int2, headers = \(outcome.headers), body = \(outcome.body)\(rarelySet: outcome)
        WHERE scope = \(unit.scope) AND key_id = \(unit.keyID.uuid) AND status IS NULL
        """
    }

    /// Stores key and outcome of a final error together, after the work's own transaction was rolled back.
    ///
    /// - Parameter lockTimeout: as for ``claim(_:lockTimeout:)``: another process may have taken the key meanwhile.
    static func storeFinal(_ unit: KeyedUnit, _ outcome: OutcomeColumns, lockTimeout: Duration?) -> [PostgresQuery] {
        let insert: PostgresQuery = """
            INSERT INTO idempotency.keys (scope, key_id, fingerprint, status, headers, body, replay_form, sealed_with,
                                          expires_at, tombstone_until)
            VALUES (\(unit.scope), \(unit.keyID.uuid), \(unit.fingerprint.bytes), \(outcome.status)::int2,
                    \(outcome.headers), \(outcome.body), \(outcome.replayForm)::int2, \(outcome.sealedWith),
                    now() + \(unit.retentionSeconds) * interval '1 second', \(tombstoneOf: unit))
            ON CONFLICT (scope, key_id) DO NOTHING
            """
        return waiting(lockTimeout, [insert, look(unit)])
    }

    // MARK: Status

    /// Finds out how far a key has come, to be sent in one flush with ROLLBACK behind it; ``statusDecision(_:)`` reads the answer.
    ///
    /// No SELECT shows what others have not committed, but INSERT waits for it: `55P03` means that somebody runs the key. A key that is
    /// free is held until ROLLBACK, which is a moment, because the server has both.
    ///
    /// The lock on the table, which INSERT takes anyway, comes first, and has a time of its own: VACUUM that cuts off the table's end, or
    /// a migration, is not taken for somebody who runs the key.
    ///
    /// - Parameter tableLockTimeout: how long to wait for the table; nil: as long as the connection waits for any lock.
    static func probe(_ key: FlightKey, tableLockTimeout: Duration?) -> [PostgresQuery] {
        let insert: PostgresQuery = """
            INSERT INTO idempotency.keys (scope, key_id, fingerprint, expires_at)
            VALUES (\(key.scope.name), \(key.keyID.uuid), '', now())
            ON CONFLICT (scope, key_id) DO NOTHING
            """
        let look: PostgresQuery = """
            SELECT status, created_at, expires_at, fingerprint = '', clock_timestamp()
            FROM idempotency.keys WHERE scope = \(key.scope.name) AND key_id = \(key.keyID.uuid)
            """
        // Milliseconds. Long against the moment for which another probe holds the key, so that it is not taken for a claim; short for
        // whoever asks, because of a key that is run this is how long the answer takes.
        return setting(tableLockTimeout) + [
            "LOCK TABLE idempotency.keys IN ROW EXCLUSIVE MODE", "SET LOCAL lock_timeout = 10", insert, look,
        ]
    }

    /// Whether a probe failed because another transaction has the key.
    static func isHeld(_ error: PostgresError) -> Bool {
        error.sqlState == .lockNotAvailable && error.sql?.hasPrefix("INSERT") == true
    }

    /// Reads the answers to ``probe(_:)``.
    static func statusDecision(_ answers: [PostgresRows]) throws(PostgresError) -> StatusDecision {
        let insert = answers.first { $0.commandTag.hasPrefix("INSERT") }
        let select = answers.first { $0.commandTag.hasPrefix("SELECT") }
        return .after(inserted: insert?.affectedRows == 1, row: try select?.first.map(probedRow))
    }

    private static func probedRow(_ row: PostgresRow) throws(PostgresError) -> ProbedRow {
        let (status, createdAt, expiresAt, isTombstone, readAt) = try row.decode(
            (Int?, PostgresTimestampTZ, PostgresTimestampTZ, Bool, PostgresTimestampTZ).self)
        return ProbedRow(
            status: status, createdAt: createdAt, expiresAt: expiresAt, isTombstone: isTombstone, readAt: readAt)
    }

    // MARK: Purge

    /// Deletes one batch of keys whose retention has been over for longer than the grace; those that are still to be remembered become
    /// tombstones. ``purgeCount(_:)`` reads the answer.
    ///
    /// A tombstone is no more than a used key, with the end of its memory as `expires_at`: then the index leads to it, and it is deleted
    /// like any other row.
    ///
    /// A key that is reclaimed and completed while this runs must stay. The lock looks at the newest version of its row and leaves
    /// it out; the outer conditions say it once more where the row is changed. The inner one takes the time of the statement's
    /// start, which is stable and can therefore be looked up in the index; `clock_timestamp()` there would read every living key.
    static func purge(batchSize: Int, grace: Duration) -> PostgresQuery {
        let graceSeconds = grace.inSeconds
        #if MUTANTS
        if Mutant.purgeWithoutRecheck.isActive {
            return uncheckedPurge(batchSize: batchSize, graceSeconds: graceSeconds)
        }
        #endif
        return """
            WITH due AS (
                SELECT ctid, coalesce(tombstone_until > statement_timestamp(), false) AS remembered
                FROM idempotency.keys
                WHERE expires_at <= statement_timestamp() - \(graceSeconds) * interval '1 second'
                ORDER BY expires_at LIMIT \(batchSize) FOR UPDATE SKIP LOCKED),
            deleted AS (
                DELETE FROM idempotency.keys
                WHERE ctid = ANY (ARRAY(SELECT ctid FROM due WHERE NOT remembered))
                  AND expires_at <= clock_timestamp() - \(graceSeconds) * interval '1 second'
                RETURNING 1),
            remembered AS (
                UPDATE idempotency.keys
                SET fingerprint = '', status = NULL, headers = NULL, body = NULL, replay_form = NULL, sealed_with = NULL,
                    expires_at = tombstone_until
                WHERE ctid = ANY (ARRAY(SELECT ctid FROM due WHERE remembered))
                  AND expires_at <= clock_timestamp() - \(graceSeconds) * interval '1 second'
                RETURNING 1)
            SELECT (SELECT count(*) FROM deleted), (SELECT count(*) FROM remembered)
            """
    }

    /// Reads the answer to ``purge(batchSize:grace:)``.
    static func purgeCount(_ answer: PostgresRows) throws(PostgresError) -> PurgeCount {
        let (deleted, remembered) = try answer.first?.decode((Int, Int).self) ?? (0, 0)
        return PurgeCount(deleted: deleted, remembered: remembered)
    }

    /// Who holds the oldest snapshot that keeps vacuum from removing dead rows of this database; ``horizonHolder(_:)`` reads the
    /// answer. No row when nobody does.
    ///
    /// Every snapshot goes back to the oldest transaction that has an ID, in whatever database: so these count everywhere, and of
    /// equals they are named first. Other databases' snapshots do not count, nor does VACUUM itself. A snapshot may be as young as
    /// the statement that runs, and counts by that. What other roles' sessions do, and since when, is NULL for a role without
    /// `pg_read_all_stats`; process IDs, transaction IDs and snapshots are not.
    ///
    /// Source: PostgreSQL, "Routine Vacuuming" and "pg_stat_activity".
    static let horizon: PostgresQuery = """
        SELECT holder, state, xid::text, extract(epoch FROM clock_timestamp() - since)::float8,
               extract(epoch FROM clock_timestamp())::float8
        FROM (
            SELECT 'session ' || pid AS holder, state, backend_xid AS xid, 1 AS rank, xact_start AS since
            FROM pg_stat_activity
            UNION ALL
            SELECT 'session ' || pid, state, backend_xmin, 2,
                   CASE state WHEN 'active' THEN query_start ELSE xact_start END
            FROM pg_stat_activity
            WHERE (datname = current_database() OR datname IS NULL) AND pid <> pg_backend_pid()
              AND pid NOT IN (SELECT pid FROM pg_stat_progress_vacuum)
            UNION ALL
            SELECT 'prepared transaction ' || gid, NULL, transaction, 1, prepared FROM pg_prepared_xacts
            UNION ALL
            SELECT 'replication slot ' || slot_name, NULL, xmin, 3, NULL FROM pg_replication_slots
        ) AS holders
        WHERE xid IS NOT NULL ORDER BY age(xid) DESC, rank, since LIMIT 1
        """

    /// Reads the answer to ``horizon``.
    static func horizonHolder(_ answer: PostgresRows) throws(PostgresError) -> HorizonHolder? {
        guard let row = answer.first else { return nil }
        let (name, state, xid, heldFor, now) = try row.decode((String, String?, String, Double?, Double).self)
        return HorizonHolder(
            name: name, state: state, xid: xid, heldFor: heldFor.map { .seconds($0) }, seenAt: .seconds(now))
    }
}
