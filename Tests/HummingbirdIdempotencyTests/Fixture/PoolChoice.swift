import FaultProxy
import LibPQ
import TestSupport

/// Which pool the engine of a test gets.
struct PoolChoice: Sendable {
    /// The pool, and the proxy that its connections pass through, if they do.
    let make: @Sendable (TestDatabase) throws -> (PostgresPool, FaultProxy?)

    /// The test database's own.
    static let ofDatabase = PoolChoice { ($0.pool, nil) }

    /// One that no connection can come from: what is answered without 503 was answered without SQL.
    static let unreachable = PoolChoice { _ in
        (PostgresPool(configuration: try PostgresPool.Configuration(url: "postgresql://127.0.0.1:1/nowhere")), nil)
    }

    /// One connection, waited for no longer than this.
    static func single(acquireTimeout: Duration) -> PoolChoice {
        PoolChoice { database in (try database.makePool(of: 1) { $0.acquireTimeout = acquireTimeout }, nil) }
    }

    /// Four connections that a proxy can break. COMMIT is given up after half a second.
    static let proxied = PoolChoice { database in
        let proxy = try FaultProxy(to: database.url)
        var configuration = try PostgresPool.Configuration(url: proxy.url)
        configuration.connection.commitTimeout = .milliseconds(500)
        return (
            try database.makePool(of: 4) { [configuration] in
                $0 = configuration
                $0.maximumConnections = 4
            }, proxy
        )
    }
}
