import EmbeddedPostgres
import LibPQ
import SQLMigrations

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The server that all tests of one process share: a temporary one, started by the first test that needs it and ended, at the
/// latest, with the process. `TEST_DATABASE_URL` names another server instead; its user must be allowed to create databases.
actor TestServer {
    static let shared = Task { try await TestServer() }

    private let url: String
    private let pool: PostgresPool
    /// Referred to, so that it lives as long as the process.
    private let embedded: EmbeddedPostgres?
    private var templates: [MigrationSet: Task<String, any Error>] = [:]

    private init() async throws {
        if let url = ProcessInfo.processInfo.environment["TEST_DATABASE_URL"], !url.isEmpty {
            self.url = url
            embedded = nil
        } else {
            let server = try await EmbeddedPostgres.start(.temporary)
            url = server.url
            embedded = server
        }
        var configuration = try PostgresPool.Configuration(url: url)
        configuration.maximumConnections = 4
        configuration.acquireTimeout = .seconds(60)
        // Databases are copied one after the other when many tests begin at once.
        configuration.connection.lockTimeout = nil
        pool = PostgresPool(configuration: configuration)
    }

    /// Makes a database, with the migrations applied if any are given.
    func create(migrations: MigrationSet?) async throws -> TestDatabase {
        let name: String
        if let migrations, embedded != nil {
            name = try await createDatabase(from: template(for: migrations).value)
        } else {
            name = try await createDatabase(from: nil)
        }
        let url = Self.url(url, database: name)
        // Somebody else's server gets no templates, which would stay behind.
        if let migrations, embedded == nil { try await Self.apply(migrations, to: url) }
        return try TestDatabase(name: name, url: url)
    }

    func drop(_ database: TestDatabase) async throws {
        await database.closePools()
        try await pool.execute("DROP DATABASE IF EXISTS \(unescaped: database.name) WITH (FORCE)")
    }

    /// A migrated database that others are copied from: applying the migrations once is faster than for each test.
    private func template(for migrations: MigrationSet) -> Task<String, any Error> {
        if let template = templates[migrations] { return template }
        let template = Task {
            let name = try await createDatabase(from: nil)
            try await Self.apply(migrations, to: Self.url(url, database: name))
            return name
        }
        templates[migrations] = template
        return template
    }

    private func createDatabase(from template: String?) async throws -> String {
        let name = "test_" + String(UInt64.random(in: .min ... .max), radix: 36)
        try await pool.execute(
            "CREATE DATABASE \(unescaped: name) TEMPLATE \(unescaped: template ?? "template0")")
        return name
    }

    /// The same URL for another database.
    static func url(_ url: String, database: String) -> String {
        let authority = url.firstRange(of: "://")?.upperBound ?? url.startIndex
        let query = url[authority...].firstIndex(of: "?") ?? url.endIndex
        let path = url[authority..<query].firstIndex(of: "/") ?? query
        return url[..<path] + "/" + database + url[query...]
    }

    /// Leaves no connection behind: a database that somebody is connected to cannot be copied.
    private static func apply(_ migrations: MigrationSet, to url: String) async throws {
        let connection = try await PostgresConnection.connect(PostgresConnection.Configuration(url: url))
        do {
            _ = try await Migrator(set: migrations).up(on: connection)
        } catch {
            await connection.close()
            throw error
        }
        await connection.close()
    }
}
