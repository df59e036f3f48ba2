#if MUTANTS
internal import LibPQ

/// The statements of mutants, which differ too much from the true ones for a condition inside them.
extension Ledger {
    static func oneStatementClaim(_ unit: KeyedUnit) -> PostgresQuery {
        """
        WITH claimed AS (
            INSERT INTO idempotency.keys (scope, key_id, fingerprint, expires_at)
            VALUES (\(unit.scope), \(unit.keyID.uuid), \(unit.fingerprint.bytes), now() + \(unit.retentionSeconds) * interval '1 second')
            ON CONFLICT (scope, key_id) DO NOTHING
            RETURNING fingerprint, status, headers, body, replay_form, sealed_with, expires_at, tombstone_until, clock_timestamp())
        SELECT *, true FROM claimed
        UNION ALL
        SELECT fingerprint, status, headers, body, replay_form, sealed_with, expires_at, tombstone_until, clock_timestamp(), false
        FROM idempotency.keys WHERE scope = \(unit.scope) AND key_id = \(unit.keyID.uuid)
        """
    }

    static func oneStatementResult(_ answers: [PostgresRows]) throws(PostgresError) -> ClaimResult {
        guard let row = answers.first(where: { $0.commandTag.hasPrefix("SELECT") })?.first else {
            return .looked(inserted: false, row: nil)
        }
        let (fingerprint, status, headers, body, replayForm, sealedWith, expiresAt, tombstoneUntil, readAt, inserted) =
            try row.decode(
                (
                    [UInt8], Int?, [UInt8]?, [UInt8]?, Int?, String?, PostgresTimestampTZ, PostgresTimestampTZ?,
                    PostgresTimestampTZ, Bool
                ).self)
        return .looked(
            inserted: inserted,
            row: StoredRow(
                fingerprint: fingerprint, status: status, headers: headers, body: body, replayForm: replayForm,
                sealedWith: sealedWith, expiresAt: expiresAt, tombstoneUntil: tombstoneUntil, readAt: readAt))
    }

    static func unguardedReclaim(_ unit: KeyedUnit) -> PostgresQuery {
        """
        UPDATE idempotency.keys
        SET fingerprint = \(unit.fingerprint.bytes), status = NULL, headers = NULL, body = NULL,
            replay_form = NULL, sealed_with = NULL, created_at = now(), expires_at = now() + \(unit.retentionSeconds) * interval '1 second'
        WHERE scope = \(unit.scope) AND key_id = \(unit.keyID.uuid)
        RETURNING expires_at
        """
    }

    static func uncheckedPurge(batchSize: Int, graceSeconds: Double) -> PostgresQuery {
        """
        WITH deleted AS (
            DELETE FROM idempotency.keys
            WHERE (scope, key_id) IN (
                SELECT scope, key_id FROM idempotency.keys
                WHERE expires_at <= statement_timestamp() - \(graceSeconds) * interval '1 second'
                ORDER BY expires_at LIMIT \(batchSize))
            RETURNING 1)
        SELECT (SELECT count(*) FROM deleted), 0::int8
        """
    }
}
#endif
