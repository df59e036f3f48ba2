#if os(Linux)
import TestSupport
import Testing

@testable import LibPQ

/// Each in a process of its own, where descriptors, threads and memory are nobody else's.
@Suite("Nothing leaks", .serialized, .timeLimit(.minutes(5)))
struct LeakTests {
    @Test("from 10,000 connects that fail: refused, and by the server")
    func failedConnects() async throws {
        await #expect(processExitsWith: .success) {
            try await withTestDatabase { database in
                let closedPort = try LoopbackListener().port
                let refused = try PostgresConnection.Configuration(url: "postgresql://u:p@127.0.0.1:\(closedPort)/d")
                let missing = try PostgresConnection.Configuration(url: database.url + "&dbname=no_such_database")
                func fail(_ range: Range<Int>) async {
                    for number in range {
                        let configuration = number.isMultiple(of: 20) ? missing : refused
                        #expect(await postgresError { try await PostgresConnection.connect(configuration) } != nil)
                    }
                }
                await fail(0..<500)
                try await expectNoLeak("failed connects") { await fail(0..<10_000) }
            }
        }
    }

    @Test("from 100,000 results: rows, none, errors, streams, and those of evicted statements")
    func results() async throws {
        await #expect(processExitsWith: .success) {
            try await withTestDatabase { database in
                var configuration = try database.configuration([:])
                configuration.statementCacheCapacity = 16
                let connection = try await PostgresConnection.connect(configuration)
                func run(_ rounds: Int) async throws {
                    for round in 0..<rounds {
                        // 98 results in a pipeline, a failed one, and a stream.
                        let queries = (0..<98).map { number -> PostgresQuery in
                            "SELECT \(number), \("text")::text, n FROM generate_series(1, 3) n -- \(unescaped: "\((round + number) % 40)")"
                        }
                        #expect(try await connection.pipeline(queries).count == 98)
                        #expect(await postgresError { try await connection.execute("SELECT 1 / 0") } != nil)
                        for try await _ in connection.stream("SELECT n FROM generate_series(1, 3) n") {}
                    }
                }
                try await run(50)
                try await expectNoLeak("results") { try await run(1000) }
            }
        }
    }

    @Test("from 1,000 cancelled statements")
    func cancelled() async throws {
        await #expect(processExitsWith: .success) {
            try await withTestDatabase { database in
                let connection = try await database.connect()
                func cancel(_ count: Int) async {
                    for number in 0..<count {
                        // Some before they run, some while they do.
                        let deadline = ContinuousClock.now + .microseconds(number % 4 * 300)
                        let error = await postgresError {
                            try await connection.execute("SELECT pg_sleep(60)", deadline: deadline)
                        }
                        #expect(error?.code == .timedOut)
                    }
                }
                await cancel(50)
                try await expectNoLeak("cancelled statements") { await cancel(1000) }
            }
        }
    }

    @Test("from connections and pools that are closed, dropped, or left in the middle of something")
    func connections() async throws {
        await #expect(processExitsWith: .success) {
            try await withTestDatabase { database in
                func connect(_ count: Int) async throws {
                    for number in 0..<count {
                        let connection = try await database.connect()
                        try await connection.execute("SELECT 1")
                        switch number % 4 {
                        case 0: await connection.close()
                        case 1: _ = try await connection.begin()
                        case 2:
                            var rows = connection.stream("SELECT generate_series(1, 100000)").makeAsyncIterator()
                            _ = try await rows.next()
                        default: break
                        }
                    }
                }
                try await connect(20)
                try await expectNoLeak("connections") { try await connect(300) }
                try await expectNoLeak("pools, dropped without close") {
                    for _ in 0..<10 {
                        let pool = PostgresPool(configuration: try .init(url: database.url))
                        try await withThrowingTaskGroup(of: Void.self) { group in
                            for _ in 0..<8 {
                                group.addTask {
                                    _ = try await pool.withTransaction { try await $0.execute("SELECT 1") }
                                }
                            }
                            try await group.waitForAll()
                        }
                    }
                }
            }
        }
    }
}
#endif
