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
        pool = PostgresPool(configuration: try PostgresPool.Configuration(url: url))
        pools.add(pool)
    }

    /// Another pool on the same database, closed with it.
    /// - Parameters:
    ///   - connections: its size.
    ///   - configure: may change the rest of its configuration.
    public func makePool(
        of connections: Int, configure: (inout PostgresPool.Configuration) -> Void = { _ in }
    ) throws -> PostgresPool {
        var configuration = try PostgresPool.Configuration(url: url)
        configuration.maximumConnections = connections
        configure(&configuration)
        let pool = PostgresPool(configuration: configuration)
        pools.add(pool)
        return pool
    }

    /// A connection outside of any pool. Close it, or dropping the database will.
    public func connect() async throws -> PostgresConnection {
        try await PostgresConnection.connect(PostgresConnection.Configuration(url: url))
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
