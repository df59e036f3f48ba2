import EmbeddedPostgres
package import LibPQ
package import SQLMigrations

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A server on which tests make databases for themselves and drop them again.
package final class DatabaseServer: Sendable {
    /// The server that all tests of one process share: a temporary one, started by the first test that needs it and ended, at the
    /// latest, with the process. `TEST_DATABASE_URL` names another server instead; its user must be allowed to create databases.
    package static let shared = Task {
        if let url = ProcessInfo.processInfo.environment["TEST_DATABASE_URL"], !url.isEmpty {
            return try DatabaseServer(url: url)
        }
        let server = try await EmbeddedPostgres.start(.temporary)
        return try DatabaseServer(url: server.url, embedded: server)
    }

    /// Whether nobody else uses the server, so that what is left behind ends with it.
    package let isTemporary: Bool
    private let url: String
    private let pool: PostgresPool
    /// Referred to, so that it lives as long as this.
    private let embedded: EmbeddedPostgres?

    /// Uses a server that runs already.
    /// - Throws: `PostgresError` when the URL cannot be parsed.
    package convenience init(url: String) throws { try self.init(url: url, embedded: nil) }

    private init(url: String, embedded: EmbeddedPostgres?) throws {
        self.url = url
        self.embedded = embedded
        isTemporary = embedded != nil
        var configuration = try PostgresPool.Configuration(url: url)
        configuration.maximumConnections = 4
        configuration.acquireTimeout = .seconds(60)
        // Databases are copied one after the other when many tests begin at once.
        configuration.connection.lockTimeout = nil
        pool = PostgresPool(configuration: configuration)
    }

    /// Makes a database.
    /// - Parameter template: the database that it is a copy of, to which nobody may be connected; nil for an empty one.
    /// - Returns: its name.
    package func create(from template: String? = nil) async throws(PostgresError) -> String {
        let name = "test_" + String(UInt64.random(in: .min ... .max), radix: 36)
        try await pool.execute(
            "CREATE DATABASE \(unescaped: name) TEMPLATE \(unescaped: template ?? "template0")")
        return name
    }

    /// Drops a database, even while somebody is connected to it.
    package func drop(_ name: String) async throws(PostgresError) {
        try await pool.execute("DROP DATABASE IF EXISTS \(unescaped: name) WITH (FORCE)")
    }

    /// Where to connect to a database.
    package func url(of database: String) -> String { Self.url(url, database: database) }

    /// The same URL for another database.
    package static func url(_ url: String, database: String) -> String {
        let authority = url.firstRange(of: "://")?.upperBound ?? url.startIndex
        let query = url[authority...].firstIndex(of: "?") ?? url.endIndex
        let path = url[authority..<query].firstIndex(of: "/") ?? query
        return url[..<path] + "/" + database + url[query...]
    }

    /// Runs the body with a connection to a database, which is closed afterwards: a database that somebody is connected to cannot be
    /// copied.
    package func withConnection<T>(
        to database: String, isolation: isolated (any Actor)? = #isolation,
        _ body: (PostgresConnection) async throws -> T
    ) async throws -> T {
        let connection = try await PostgresConnection.connect(.init(url: url(of: database)))
        let result: T
        do {
            result = try await body(connection)
        } catch {
            await connection.close()
            throw error
        }
        await connection.close()
        return result
    }

    /// Applies migrations to a database.
    package func apply(_ migrations: [MigrationSet], to database: String) async throws {
        try await withConnection(to: database) { connection in
            for set in migrations { try await Migrator(set: set).up(on: connection) }
        }
    }

    /// Closes the connections from which databases are made. The server goes on.
    package func close() async { await pool.close() }
}
