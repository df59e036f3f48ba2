internal import HTTPTypes
package import LibPQ

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// The stored keys, for an operator's eyes and hands: what is there, who has claims under way, and one key's removal.
///
/// The engine never asks here, and everything that ``Idempotency`` promises holds meanwhile.
package struct KeyInventory: Sendable {
    let connection: PostgresConnection

    /// Looks through a connection, which needs no settings of its own.
    package init(_ connection: PostgresConnection) {
        self.connection = connection
    }

    // MARK: One key

    /// A key's row; nil when none is committed.
    package func record(scope: String, id: KeyID) async throws(PostgresError) -> KeyRecord? {
        let query: PostgresQuery = """
            SELECT \(unescaped: KeyRecord.columns) FROM idempotency.keys WHERE scope = \(scope) AND key_id = \(id.uuid)
            """
        return try await connection.query(query).first.map { row throws(PostgresError) in try KeyRecord(row) }
    }

    /// The answer of a key as a replay has it; nil when there is none, or when it is encrypted.
    package func answer(scope: String, id: KeyID) async throws -> Outcome? {
        let query: PostgresQuery = """
            SELECT status, headers, body FROM idempotency.keys
            WHERE scope = \(scope) AND key_id = \(id.uuid) AND status IS NOT NULL AND sealed_with IS NULL
            """
        guard let row = try await connection.query(query).first else { return nil }
        let (status, headers, body) = try row.decode((Int, [UInt8]?, [UInt8]?).self)
        return Outcome(status: status, headers: try headers.map(HeaderCodec.decode) ?? [:], body: body ?? [])
    }

    /// Whether somebody has claimed a key and not ended the transaction. Found out by trying to take it, which is undone at once.
    ///
    /// - Returns: nil where that cannot be tried: the server is read-only, or the role may not write.
    package func isInFlight(scope: String, id: KeyID) async throws(PostgresError) -> Bool? {
        let probe = Ledger.probe(FlightKey(scope: scope, keyID: id), tableLockTimeout: .seconds(2))
        do {
            _ = try await connection.rollBack(try await connection.begin(), after: probe)
            return false
        } catch {
            if Ledger.isHeld(error) { return true }
            if error.sqlState == .readOnlySQLTransaction || error.sqlState == "42501" { return nil }
            throw error
        }
    }

    /// Removes a key: the next request with it runs.
    ///
    /// - Returns: what was removed; nil when no such key is committed.
    package func release(scope: String, id: KeyID) async throws(PostgresError) -> KeyRecord? {
        let query: PostgresQuery = """
            DELETE FROM idempotency.keys WHERE scope = \(scope) AND key_id = \(id.uuid)
            RETURNING \(unescaped: KeyRecord.columns)
            """
        return try await connection.query(query).first.map { row throws(PostgresError) in try KeyRecord(row) }
    }

    // MARK: Many keys

    /// Keys, from the one whose retention ends last.
    ///
    /// - Parameters:
    ///   - scope: only its keys; nil: everybody's.
    ///   - state: only keys in it; nil: in any.
    ///   - status: only answers with this HTTP status; nil: with any or none.
    ///   - limit: how many at most.
    package func records(
        scope: String? = nil, state: KeyRecord.State? = nil, status: Int? = nil, limit: Int
    ) async throws(PostgresError) -> [KeyRecord] {
        let query: PostgresQuery = """
            SELECT \(unescaped: KeyRecord.columns) FROM idempotency.keys
            WHERE (\(scope)::text IS NULL OR scope = \(scope)) AND (\(status)::int IS NULL OR status = \(status))
              AND (\(state?.rawValue)::text IS NULL OR \(unescaped: KeyRecord.state) = \(state?.rawValue))
            ORDER BY expires_at DESC LIMIT \(limit)
            """
        return try await connection.query(query).map { row throws(PostgresError) in try KeyRecord(row) }
    }

    /// How many keys there are, of what kind, and what they take. Reads the whole table.
    package func statistics() async throws(PostgresError) -> KeyStatistics {
        let (kinds, seals, claims, table) = try await connection.pipeline(
            """
            SELECT \(unescaped: KeyRecord.state), status / 100, count(*), sum(\(unescaped: KeyRecord.size))::int8
            FROM idempotency.keys GROUP BY 1, 2 ORDER BY 1, 2
            """,
            """
            SELECT sealed_with, count(*) FROM idempotency.keys WHERE status IS NOT NULL GROUP BY 1 ORDER BY 1 NULLS FIRST
            """,
            // The lock that INSERT leaves until its transaction ends; a purge has it, too.
            """
            SELECT pid, application_name, state, extract(epoch FROM clock_timestamp() - xact_start)::float8
            FROM pg_locks JOIN pg_stat_activity USING (pid)
            WHERE relation = 'idempotency.keys'::regclass AND mode = 'RowExclusiveLock' AND granted
              AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            ORDER BY xact_start
            """,
            """
            SELECT pg_table_size(oid), pg_indexes_size(oid), pg_stat_get_dead_tuples(oid)
            FROM pg_class WHERE oid = 'idempotency.keys'::regclass
            """)
        return try KeyStatistics(kinds: kinds, seals: seals, claims: claims, table: table)
    }
}
