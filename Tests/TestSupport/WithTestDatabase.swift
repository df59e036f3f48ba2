import LibPQ
public import SQLMigrations

/// Runs the body with a database of its own, which is dropped afterwards even while somebody is connected to it.
///
/// The first call in a process starts the server (a second or two); a database costs some tens of milliseconds.
/// - Parameters:
///   - url: of a database on a server of the test's own, to be used as it is and not dropped; by default the shared server makes one.
///   - migrations: applied to the database beforehand.
///   - body: the test.
/// - Throws: the body's error unwrapped, or why there is no database.
public func withTestDatabase<T>(
    at url: String? = nil, migrations: MigrationSet? = nil, isolation: isolated (any Actor)? = #isolation,
    _ body: (TestDatabase) async throws -> T
) async throws -> T {
    if let url { return try await withDatabase(at: url, migrations: migrations, body) }
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

private func withDatabase<T>(
    at url: String, migrations: MigrationSet?, isolation: isolated (any Actor)? = #isolation,
    _ body: (TestDatabase) async throws -> T
) async throws -> T {
    let database = try TestDatabase(name: "postgres", url: url)
    let result: T
    do {
        if let migrations {
            try await database.pool.withConnection { _ = try await Migrator(set: migrations).up(on: $0) }
        }
        result = try await body(database)
    } catch {
        await database.closePools()
        throw error
    }
    await database.closePools()
    return result
}
