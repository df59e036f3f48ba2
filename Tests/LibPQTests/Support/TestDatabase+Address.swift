import FaultProxy
import TestSupport

@testable import LibPQ

extension TestDatabase {
    /// The port of the server, on 127.0.0.1.
    var tcpPort: Int {
        get async throws { try await pool.queryRow("SELECT current_setting('port')::int").decode(Int.self) }
    }

    /// Restricts `pg_locks` to this database; the others of the server are other tests' business.
    static let ownLocks = "database = (SELECT oid FROM pg_database WHERE datname = current_database())"

    /// Where to connect, with some options changed.
    func configuration(_ changes: [String: String]) throws -> PostgresConnection.Configuration {
        var options = try ConnectionOptions(parsing: url).values
        options.merge(changes) { _, new in new }
        let text = options.map { key, value in
            let escaped = value.flatMap { $0 == "'" || $0 == "\\" ? ["\\", $0] : [$0] }
            return "\(key)='\(String(escaped))'"
        }
        return try PostgresConnection.Configuration(url: text.joined(separator: " "))
    }

    /// A connection through a proxy; COMMIT and ROLLBACK wait a second at most.
    /// - Parameter configure: may change the rest of its configuration.
    func connect(
        through proxy: FaultProxy, configure: (inout PostgresConnection.Configuration) -> Void = { _ in }
    ) async throws -> PostgresConnection {
        var configuration = try configuration(["host": "127.0.0.1", "hostaddr": "127.0.0.1", "port": "\(proxy.port)"])
        configuration.commitTimeout = .seconds(1)
        configure(&configuration)
        return try await PostgresConnection.connect(configuration)
    }

    /// Runs the body with a proxy before the server.
    func withProxy<T>(_ body: (FaultProxy) async throws -> T) async throws -> T {
        let proxy = try FaultProxy(to: url)
        defer { proxy.close() }
        return try await body(proxy)
    }

    /// Ends a session of this database from outside.
    func terminate(_ backend: Int32) async throws {
        try await pool.execute("SELECT pg_terminate_backend(\(backend))")
    }
}

/// The error of a call that must fail with a ``PostgresError``.
func postgresError<T>(
    isolation: isolated (any Actor)? = #isolation, of body: () async throws -> T
) async -> PostgresError? {
    do {
        _ = try await body()
        return nil
    } catch {
        return error as? PostgresError
    }
}

extension PostgresConnection.Configuration {
    /// What libpq gets for the last host.
    var resolvedOptions: [String: String] { targets.last?.values ?? [:] }
}
