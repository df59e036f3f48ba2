public import SQLMigrations

/// Runs the body with a database of its own, which is dropped afterwards even while somebody is connected to it.
///
/// The first call in a process starts the server (a second or two); a database costs some tens of milliseconds.
/// - Parameters:
///   - migrations: applied to the database beforehand.
///   - body: the test.
/// - Throws: the body's error unwrapped, or why there is no database.
public func withTestDatabase<T>(
    migrations: MigrationSet? = nil, isolation: isolated (any Actor)? = #isolation,
    _ body: (TestDatabase) async throws -> T
) async throws -> T {
    let server = try await TestServer.shared.value
    let database = try await server.create(migrations: migrations)
    let result: T
    do {
        result = try await body(database)
    } catch {
        try? await server.drop(database)
        throw error
    }
    try await server.drop(database)
    return result
}
