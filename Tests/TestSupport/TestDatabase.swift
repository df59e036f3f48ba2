public import LibPQ
import Synchronization

/// A database that one test has for itself. It goes away when ``withTestDatabase(migrations:_:)`` returns.
public struct TestDatabase: Sendable {
    /// The database's own name.
    public let name: String
    /// Where to connect.
    public let url: String
    /// A pool of 16 connections, closed with the database.
    public let pool: PostgresPool

    private let pools: PoolList

    init(name: String, url: String) throws {
        self.name = name
        self.url = url
        pools = PoolList()
        pool = PostgresPool(configuration: try Self.patientConfiguration(url: url))
        pools.add(pool)
    }

    /// The defaults, except that a busy machine has a minute to connect. Tests of these time-outs choose their own.
    private static func patientConfiguration(url: String) throws -> PostgresPool.Configuration {
        var configuration = try PostgresPool.Configuration(url: url)
        configuration.acquireTimeout = .seconds(60)
        configuration.connection.connectTimeout = .seconds(60)
        return configuration
    }

    /// Another pool on the same database, closed with it.
    /// - Parameters:
    ///   - connections: its size.
    ///   - configure: may change the rest of its configuration.
    public func makePool(
        of connections: Int, configure: (inout PostgresPool.Configuration) -> Void = { _ in }
    ) throws -> PostgresPool {
        var configuration = try Self.patientConfiguration(url: url)
        configuration.maximumConnections = connections
        configure(&configuration)
        let pool = PostgresPool(configuration: configuration)
        pools.add(pool)
        return pool
    }

    /// A connection outside of any pool, which waits for a lock as long as the test holds it. Close it, or dropping the
    /// database will.
    public func connect() async throws -> PostgresConnection {
        var configuration = try PostgresConnection.Configuration(url: url)
        configuration.lockTimeout = nil
        return try await PostgresConnection.connect(configuration)
    }

    /// How many sessions of this database wait for a lock that another one holds.
    public func blockedSessions(isolation: isolated (any Actor)? = #isolation) async throws -> Int {
        try await pool.queryRow(
            """
            SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'
            """
        ).decode(Int.self)
    }

    /// Waits until so many sessions of this database, or more, wait for a lock that another one holds.
    public func waitForBlockedSessions(
        _ count: Int = 1, deadline: Duration = .seconds(10), isolation: isolated (any Actor)? = #isolation
    ) async throws {
        try await waitUntil("\(count) sessions wait for a lock", deadline: deadline) {
            try await blockedSessions() >= count
        }
    }

    func closePools() async {
        for pool in pools.all { await pool.close() }
    }

    private final class PoolList: Sendable {
        private let pools = Mutex<[PostgresPool]>([])

        var all: [PostgresPool] { pools.withLock { $0 } }

        func add(_ pool: PostgresPool) {
            pools.withLock { $0.append(pool) }
        }
    }
}
