import EmbeddedPostgres
import LibPQ
import Logging
import SQLMigrations

/// The service's database: somebody's PostgreSQL by URL, or an embedded one.
struct Database: Sendable {
    let pool: PostgresPool
    /// The embedded server, nil with `DATABASE_URL`.
    let server: EmbeddedPostgres?
    private let connection: PostgresConnection.Configuration
    private let logger: Logger

    /// Opens the database; starts the embedded server if there is no URL.
    /// - Throws: `PostgresError` when the URL cannot be parsed; `EmbeddedPostgresError`.
    static func open(_ settings: DatabaseSettings, logger: Logger) async throws -> Database {
        if let url = settings.url {
            return try Database(url: url, server: nil, settings: settings, logger: logger)
        }
        let server = try await EmbeddedPostgres.start(
            .kept(directory: DatabaseSettings.embeddedDirectory),
            // The pool, and room for an operator and for the tool.
            settings: ["max_connections": "\(max(200, settings.connections + 50))"], logger: logger)
        return try Database(url: server.url, server: server, settings: settings, logger: logger)
    }

    private init(url: String, server: EmbeddedPostgres?, settings: DatabaseSettings, logger: Logger) throws {
        var connection = try PostgresConnection.Configuration(url: url)
        connection.applicationName = "payments"
        var configuration = PostgresPool.Configuration(connection: connection)
        configuration.maximumConnections = settings.connections
        self.pool = PostgresPool(configuration: configuration, logger: logger)
        self.server = server
        self.connection = connection
        self.logger = logger
    }

    /// Opens the database, runs `body`, and closes it again however `body` ends.
    static func with(
        _ settings: DatabaseSettings, logger: Logger, _ body: (Database) async throws -> Void
    ) async throws {
        let database = try await open(settings, logger: logger)
        do {
            try await body(database)
        } catch {
            try? await database.close()
            throw error
        }
        try await database.close()
    }

    /// Whether the database is the embedded one, which is seeded when it is empty.
    var isEmbedded: Bool { server != nil }

    /// Closes the pool and stops the embedded server. May be called again.
    func close() async throws {
        await pool.close()
        try await server?.stop()
    }

    /// The sets of migrations that the service needs, in the order in which they are applied.
    static var migrations: [MigrationSet] { [.idempotency, .payments] }

    /// Applies what is pending, under the migrator's lock: several instances may start at once.
    /// - Returns: the names of what was applied.
    @discardableResult
    func migrate() async throws -> [String] {
        let connection = try await PostgresConnection.connect(connection, logger: logger)
        do {
            var applied: [String] = []
            for set in Self.migrations {
                applied += try await Migrator(set: set, logger: logger).up(on: connection)
                    .map { "\(set.name)/\($0.name)" }
            }
            await connection.close()
            return applied
        } catch {
            await connection.close()
            throw error
        }
    }

    /// Whether every migration of this program is applied, as it is compiled in.
    /// - Throws: `MigrationError` when the database cannot be asked.
    func isMigrated() async throws -> Bool {
        for set in Self.migrations {
            guard try await Migrator(set: set, logger: logger).pending(on: pool).isEmpty else { return false }
        }
        return true
    }
}
