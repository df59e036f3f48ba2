import LibPQ
import SQLMigrations

extension ServerFacts {
    /// Those that ``Diagnosis`` looks at.
    private static let names = [
        "autovacuum", "client_connection_check_interval", "default_transaction_read_only", "fsync",
        "full_page_writes", "idle_in_transaction_session_timeout", "synchronous_commit", "synchronous_standby_names",
        "tcp_keepalives_idle", "tcp_user_timeout",
    ]

    /// Asks the server. Changes nothing.
    static func read(from connection: PostgresConnection) async throws -> ServerFacts {
        // What TCP decides is shown as the socket has it, which on a Unix socket is 0 whatever was set. The value that RESET
        // would give is what a connection over TCP has.
        let (settings, session) = try await connection.pipeline(
            """
            SELECT name, unit, source,
                   CASE WHEN name LIKE 'tcp%' AND inet_server_addr() IS NULL THEN reset_val ELSE setting END
            FROM pg_settings WHERE name = ANY (\(names))
            """,
            """
            SELECT session_user::text, current_database()::text, current_setting('server_version'),
                   current_setting('server_version_num')::int8, pg_is_in_recovery(), inet_server_addr() IS NULL
            """
        )
        var byName: [String: ServerSetting] = [:]
        for (name, unit, source, value) in try settings.decode((String, String?, String, String).self) {
            byName[name] = ServerSetting(name: name, value: value, unit: unit, source: source)
        }
        let (role, database, version, versionNumber, isStandby, usesUnixSocket) = try session[0].decode(
            (String, String, String, Int, Bool, Bool).self)
        return ServerFacts(
            settings: byName, role: role, database: database, version: version, versionNumber: versionNumber,
            isStandby: isStandby, usesUnixSocket: usesUnixSocket, migrations: try await migrations(on: connection))
    }

    private static func migrations(on connection: PostgresConnection) async throws -> Migrations {
        let findings: [MigrationStatus]
        do throws(MigrationError) {
            findings = try await Migrator(set: .idempotency, logger: .quiet).verify(on: connection)
        } catch {
            // insufficient_privilege: a service's role need not see them.
            if let cause = error.underlying as? PostgresError, cause.sqlState == "42501" { return .hidden }
            throw error
        }
        let pending = findings.filter { $0.state == .pending || $0.state == .outOfOrder }
        let differing = findings.filter { $0.state == .changed || $0.state == .missing }
        return .known(pending: pending.map(\.name), differing: differing.compactMap(\.problem))
    }
}
