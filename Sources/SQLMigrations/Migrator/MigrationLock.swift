internal import LibPQ

/// The lock that lets one process at a time migrate a database: a session-level advisory lock.
///
/// Session-level, because it spans several transactions; advisory, because the table that could be locked instead may not
/// exist yet. It goes with the connection, so that a process that dies leaves nothing behind. A pooler in transaction mode
/// gives each transaction another session: connect to the server directly to migrate. (Even then the history's primary key
/// keeps a migration from being applied twice.)
///
/// Source: PostgreSQL, chapter 13.3.5 "Advisory Locks".
struct MigrationLock: Sendable {
    /// "sqlmigra" in ASCII: easy to recognise in `pg_locks`, and unlikely to be anybody else's. One lock for all sets of a
    /// database, since they share the table of records.
    static let identifier: Int64 = 0x7371_6C6D_6967_7261

    /// How long to wait for another process.
    let deadline: Duration

    /// Waits for the lock, at most until the deadline.
    func acquire(on connection: PostgresConnection) async throws(MigrationError) {
        do {
            // The connection's own limits are meant for rows and requests, and would give up too early. Outside of BEGIN the pipeline
            // is one implicit transaction, to which these settings are local: afterwards the connection's own values are back.
            _ = try await connection.pipeline(
                "SELECT set_config('statement_timeout', '0', true)",
                "SELECT set_config('lock_timeout', \(String(max(deadline.wholeMilliseconds, 1))), true)",
                "SELECT pg_advisory_lock(\(Self.identifier))"
            )
        } catch {
            guard error.sqlState == .lockNotAvailable else {
                throw MigrationError(.databaseFailed, "cannot take the migration lock", cause: error)
            }
            let holder = await holder(seenFrom: connection)
            throw MigrationError(
                .lockTimeout,
                "\(holder ?? "another process") has held the migration lock for more than \(deadline): "
                    + "is a migration still running there?",
                underlying: error
            )
        }
    }

    /// Gives the lock back, also when the calling task is cancelled. A connection that cannot is closed, and the lock goes with it.
    func release(on connection: PostgresConnection) async {
        await Task {
            do {
                try await connection.execute("SELECT pg_advisory_unlock(\(Self.identifier))")
            } catch {
                await connection.close()
            }
        }.value
    }

    /// Who holds the lock, for the error's text only.
    private func holder(seenFrom connection: PostgresConnection) async -> String? {
        let row = try? await connection.query(
            """
            SELECT l.pid, coalesce(nullif(a.application_name, ''), 'no application name')
            FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
            WHERE l.locktype = 'advisory' AND l.granted
              AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
              AND l.classid::bigint = \(Self.identifier >> 32) AND l.objid::bigint = \(Self.identifier & 0xFFFF_FFFF)
              AND l.objsubid = 1
            """
        ).first?.decode((Int32, String).self)
        return row.map { "the server process \($0.0) (\($0.1))" }
    }
}
