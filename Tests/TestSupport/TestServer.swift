import DisposableDatabases
import SQLMigrations

/// The server that all tests of one process share, with the databases from which those of the tests are copied.
actor TestServer {
    static let shared = Task { TestServer(try await DatabaseServer.shared.value) }

    private let server: DatabaseServer
    private var templates: [MigrationSet: Task<String, any Error>] = [:]

    private init(_ server: DatabaseServer) { self.server = server }

    /// Makes a database, with the migrations applied if any are given.
    func create(migrations: MigrationSet?) async throws -> TestDatabase {
        let name: String
        if let migrations, server.isTemporary {
            name = try await server.create(from: template(for: migrations).value)
        } else {
            name = try await server.create()
        }
        // Somebody else's server gets no templates, which would stay behind.
        if let migrations, !server.isTemporary { try await server.apply([migrations], to: name) }
        return try TestDatabase(name: name, url: server.url(of: name))
    }

    func drop(_ database: TestDatabase) async throws {
        await database.closePools()
        try await server.drop(database.name)
    }

    /// A migrated database that others are copied from: applying the migrations once is faster than for each test.
    private func template(for migrations: MigrationSet) -> Task<String, any Error> {
        if let template = templates[migrations] { return template }
        let template = Task { [server] in
            let name = try await server.create()
            try await server.apply([migrations], to: name)
            return name
        }
        templates[migrations] = template
        return template
    }
}
