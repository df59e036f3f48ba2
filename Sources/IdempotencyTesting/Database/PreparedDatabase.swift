import DisposableDatabases
import LibPQ
import SQLMigrations

/// The state in which every run begins: a database that each run gets a copy of.
struct PreparedDatabase {
    private let server: DatabaseServer
    private let template: String
    /// Its tables.
    let layouts: [TableLayout]
    /// Its rows.
    let state: DatabaseState

    /// Makes the database, and drops it when the body has ended.
    static func with<T>(
        server: DatabaseServer, migrations: [MigrationSet],
        prepare: @Sendable (PostgresConnection) async throws -> Void,
        _ body: (PreparedDatabase) async throws -> T
    ) async throws -> T {
        let template = try await server.create()
        let result: T
        do {
            try await server.apply(migrations, to: template)
            let (layouts, state) = try await server.withConnection(to: template) { connection in
                try await prepare(connection)
                let layouts = try await TableLayout.all(on: connection)
                return (layouts, try await DatabaseState.read(layouts, on: connection))
            }
            result = try await body(
                PreparedDatabase(server: server, template: template, layouts: layouts, state: state))
        } catch {
            try? await server.drop(template)
            throw error
        }
        try await server.drop(template)
        return result
    }

    /// Runs the body with a copy, which is dropped afterwards.
    func withCopy<T>(_ body: (Copy) async throws -> T) async throws -> T {
        let copy = Copy(
            server: server, name: try await server.create(from: template), layouts: layouts)
        let result: T
        do {
            result = try await body(copy)
        } catch {
            try? await server.drop(copy.name)
            throw error
        }
        try await server.drop(copy.name)
        return result
    }

    /// The database of one run.
    struct Copy {
        fileprivate let server: DatabaseServer
        fileprivate let name: String
        fileprivate let layouts: [TableLayout]

        /// Where to connect to it.
        var url: String { server.url(of: name) }

        /// Its rows, now.
        func state() async throws -> DatabaseState {
            try await server.withConnection(to: name) { try await DatabaseState.read(layouts, on: $0) }
        }

        /// Its rows once all sessions have ended, whose transactions are undone or committed then.
        ///
        /// - Precondition: nobody connects any more.
        func finalState() async throws -> DatabaseState {
            try await server.withConnection(to: name) { connection in
                let end = ContinuousClock.now + Self.patience
                while try await connection.queryRow(Self.others).decode(Bool.self), .now < end {
                    try await Task.sleep(for: .milliseconds(2))
                }
                return try await DatabaseState.read(layouts, on: connection)
            }
        }

        /// A session whose client has gone ends with the statement that it executes. One that is still there after this long hangs, and its
        /// writes are no part of the state.
        private static let patience: Duration = .seconds(10)

        private static let others: PostgresQuery = """
            SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
                           AND backend_type = 'client backend')
            """
    }
}
