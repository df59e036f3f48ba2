import LibPQ
import TestSupport

/// Which pool the engine of a test gets.
struct PoolChoice: Sendable {
    let make: @Sendable (TestDatabase) throws -> PostgresPool

    /// The test database's own.
    static let ofDatabase = PoolChoice { $0.pool }

    /// One that no connection can come from: what is answered without 503 was answered without SQL.
    static let unreachable = PoolChoice { _ in
        PostgresPool(configuration: try PostgresPool.Configuration(url: "postgresql://127.0.0.1:1/nowhere"))
    }

    /// One connection, waited for no longer than this.
    static func single(acquireTimeout: Duration) -> PoolChoice {
        PoolChoice { database in try database.makePool(of: 1) { $0.acquireTimeout = acquireTimeout } }
    }
}
