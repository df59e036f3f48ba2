import Synchronization
import TestSupport
import Testing

@testable import LibPQ

@Suite("A pool", .serialized, .timeLimit(.minutes(2)))
struct PostgresPoolTests {
    @Test("takes durations without end for times without end")
    func endless() async throws {
        try await withTestDatabase { database in
            let pool = try database.makePool(of: 1) { configuration in
                let endless = Duration.seconds(Int64.max)
                configuration.acquireTimeout = endless
                configuration.connection.connectTimeout = endless
                configuration.connection.commitTimeout = endless
                configuration.connection.queryTimeout = endless
                configuration.connection.lockTimeout = endless
                configuration.connection.statementTimeout = endless
            }
            let waiting = try await pool.withConnection { connection in
                let waiting = Task { try await pool.execute("SELECT 1", deadline: .now + .seconds(Int64.max)) }
                try await connection.withTransaction { _ = try await $0.execute("SELECT 1") }
                return waiting
            }
            #expect(try await waiting.value == 1)
            await pool.close()
        }
    }

    @Test("leases a connection for the length of a closure and uses it again")
    func lease() async throws {
        try await withTestDatabase { database in
            let pool = try database.makePool(of: 4)
            #expect(pool.openConnections == 0)
            let first = try await pool.withConnection { await $0.backendProcessID }
            let second = try await pool.withConnection { connection in
                #expect(pool.idleConnections == 0)
                return await connection.backendProcessID
            }
            #expect(first == second)
            #expect(pool.idleConnections == 1)
            struct Refused: Error {}
            await #expect(throws: Refused.self) { try await pool.withConnection { _ in throw Refused() } }
            #expect(pool.idleConnections == 1)
        }
    }

    @Test("never opens more than its maximum, and serves everybody, with 200 tasks at once")
    func neverMore() async throws {
        try await withTestDatabase { database in
            let pool = try database.makePool(of: 5) { $0.acquireTimeout = .seconds(60) }
            let leases = Leases()
            try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        try await pool.withTransaction { transaction in
                            leases.begin()
                            defer { leases.end() }
                            #expect(pool.openConnections <= 5)
                            return try await transaction.queryRow("SELECT \(number)").decode(Int.self)
                        }
                    }
                }
                var sum = 0
                for try await number in group { sum += number }
                #expect(sum == 199 * 100)
            }
            #expect(leases.highest <= 5)
            try await waitUntil("all came back") { pool.idleConnections == pool.openConnections }
            let sessions = try await database.pool.queryRow(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
            #expect(try sessions.decode(Int.self) <= 5)
        }
    }

    @Test("fails with poolExhausted when no connection becomes free in time, and goes on")
    func exhausted() async throws {
        try await withTestDatabase { database in
            let pool = try database.makePool(of: 1) { $0.acquireTimeout = .seconds(3) }
            try await pool.withConnection { _ in
                let start = ContinuousClock.now
                let error = await postgresError { try await pool.execute("SELECT 1") }
                let duration = ContinuousClock.now - start
                #expect(error?.code == .poolExhausted)
                #expect(error?.isTransient == true)
                #expect(duration >= .seconds(3) && duration < .seconds(15), "\(duration)")
            }
            #expect(try await pool.queryRow("SELECT 1").decode(Int.self) == 1)
            #expect(pool.openConnections == 1)
        }
    }

    @Test("serves those who wait in the order in which they came")
    func order() async throws {
        try await withTestDatabase { database in
            let pool = try database.makePool(of: 1)
            let served = Served()
            let tasks = try await pool.withConnection { _ in
                var tasks: [Task<Void, any Error>] = []
                for number in 0..<10 {
                    tasks.append(Task { try await pool.withConnection { _ in served.append(number) } })
                    try await waitUntil("\(number) waits") { pool.waitingCallers == number + 1 }
                }
                return tasks
            }
            for task in tasks { try await task.value }
            #expect(served.numbers == Array(0..<10))
        }
    }

    @Test("lets a cancelled caller go, and gives the connection to the next")
    func cancelled() async throws {
        try await withTestDatabase { database in
            let pool = try database.makePool(of: 1)
            let (first, second) = try await pool.withConnection { _ in
                let first = Task { try await pool.execute("SELECT 1") }
                try await waitUntil("the first waits") { pool.waitingCallers == 1 }
                let second = Task { try await pool.execute("SELECT 1") }
                try await waitUntil("the second waits") { pool.waitingCallers == 2 }
                first.cancel()
                #expect(await postgresError { try await first.value }?.code == .cancelled)
                #expect(pool.waitingCallers == 1)
                let already = Task {
                    withUnsafeCurrentTask { $0?.cancel() }
                    return await postgresError { try await pool.execute("SELECT 1") }?.code
                }
                #expect(await already.value == .cancelled)
                return (first, second)
            }
            _ = first
            #expect(try await second.value == 1)
        }
    }

    @Test("survives callers that are cancelled, time out and are served all at the same time")
    func races() async throws {
        try await withTestDatabase { database in
            let pool = try database.makePool(of: 3) { $0.acquireTimeout = .milliseconds(20) }
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<600 {
                    group.addTask {
                        let task = Task { try await pool.queryRow("SELECT 1").decode(Int.self) }
                        if number.isMultiple(of: 3) { task.cancel() }
                        let error = await postgresError { try await task.value }
                        let allowed: [PostgresError.Code?] = [nil, .cancelled, .poolExhausted]
                        #expect(allowed.contains(error?.code))
                    }
                }
            }
            #expect(pool.waitingCallers == 0)
            #expect(pool.openConnections <= 3)
            try await waitUntil("all came back") { pool.idleConnections == pool.openConnections }
            #expect(try await pool.queryRow("SELECT 1").decode(Int.self) == 1)
        }
    }

    @Test(
        "hands nothing of a session to the next lease",
        arguments: [
            ("SET statement_timeout = 12345", "SELECT current_setting('statement_timeout') = '0'"),
            (
                "SELECT set_config('my.setting', 'x', false)",
                "SELECT coalesce(current_setting('my.setting', true), '') = ''"
            ),
            (
                "SELECT pg_advisory_lock(7)",
                "SELECT count(*) = 0 FROM pg_locks WHERE locktype = 'advisory' AND \(TestDatabase.ownLocks)"
            ),
            ("LISTEN something", "SELECT count(*) = 0 FROM pg_listening_channels()"),
            ("CREATE TEMP TABLE left_over (a int)", "SELECT to_regclass('left_over') IS NULL"),
            ("SELECT 1 AS a INTO TEMPORARY left_over", "SELECT to_regclass('left_over') IS NULL"),
            ("EXPLAIN ANALYZE CREATE TEMP TABLE left_over AS SELECT 1", "SELECT to_regclass('left_over') IS NULL"),
            ("DO $$ BEGIN SET search_path = nowhere; END $$", "SELECT current_setting('search_path') <> 'nowhere'"),
            ("PREPARE mine AS SELECT 1", "SELECT count(*) = 0 FROM pg_prepared_statements WHERE name = 'mine'"),
        ])
    func resets(statement: String, check: String) async throws {
        try await withTestDatabase { database in
            let pool = try database.makePool(of: 1)
            let first = try await pool.withConnection { connection in
                try await connection.execute(PostgresQuery(unescaped: statement))
                let clean = try await connection.queryRow(PostgresQuery(unescaped: check)).decode(Bool.self)
                #expect(!clean)
                return await connection.backendProcessID
            }
            let (isClean, backend) = try await pool.queryRow(
                "SELECT (\(unescaped: check)), pg_backend_pid()"
            ).decode((Bool, Int32).self)
            #expect(isClean)
            #expect(backend == first, "the connection was reset, not replaced")
        }
    }

    @Test("hands nothing of a session to the next lease that a COPY's query has changed")
    func resetsAfterCopy() async throws {
        try await withTestDatabase { database in
            let pool = try database.makePool(of: 1)
            try await pool.withConnection { connection in
                let query = "SELECT set_config('my.setting', 'x', false), pg_advisory_lock(7)"
                for try await _ in connection.copyOut("COPY (\(unescaped: query)) TO STDOUT") {}
            }
            let (isUnset, locks) = try await pool.queryRow(
                """
                SELECT coalesce(current_setting('my.setting', true), '') = '', (
                    SELECT count(*) FROM pg_locks
                    WHERE locktype = 'advisory' AND \(unescaped: TestDatabase.ownLocks))
                """
            ).decode((Bool, Int).self)
            #expect(isUnset && locks == 0)
        }
    }

    @Test("hands out no connection in an open or failed transaction")
    func openTransaction() async throws {
        try await withTestDatabase { database in
            let pool = try database.makePool(of: 1)
            try await pool.execute("CREATE TABLE t (id int)")
            for statement in ["INSERT INTO t VALUES (1)", "SELECT 1/0"] as [PostgresQuery] {
                let kept = try await pool.withConnection { connection in
                    let transaction = try await connection.begin()
                    _ = try? await transaction.execute(statement)
                    return transaction
                }
                try await pool.withConnection { connection in
                    #expect(await connection.isClean)
                    let count = try await connection.queryRow("SELECT count(*) FROM t").decode(Int.self)
                    #expect(count == 0)
                    let error = await postgresError { try await kept.execute("SELECT 1") }
                    #expect(error?.code == .transactionEnded)
                }
            }
            #expect(try await pool.queryRow("SELECT count(*) FROM t").decode(Int.self) == 0)
        }
    }

    @Test("replaces a connection that its lease has closed, also for those who wait")
    func closedByLease() async throws {
        try await withTestDatabase { database in
            let pool = try database.makePool(of: 1)
            let waiting = try await pool.withConnection { connection in
                let waiting = Task { try await pool.queryRow("SELECT 1").decode(Int.self) }
                try await waitUntil("somebody waits") { pool.waitingCallers == 1 }
                await connection.close()
                return waiting
            }
            #expect(try await waiting.value == 1)
            #expect(pool.openConnections == 1)
        }
    }

    @Test("tells everybody who waits why no connection can be made")
    func cannotConnect() async throws {
        let closedPort = try LoopbackListener().port
        var configuration = try PostgresPool.Configuration(url: "postgresql://u@127.0.0.1:\(closedPort)/d")
        configuration.maximumConnections = 2
        let pool = PostgresPool(configuration: configuration)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    #expect(await postgresError { try await pool.execute("SELECT 1") }?.code == .connectionFailed)
                }
            }
        }
        #expect(pool.openConnections == 0)
        #expect(pool.waitingCallers == 0)
    }

    @Test("that is closed fails those who wait, refuses newcomers and closes what comes back")
    func close() async throws {
        try await withTestDatabase { database in
            let pool = try database.makePool(of: 1)
            let leased = try await pool.withConnection { connection in
                let waiting = Task { await postgresError { try await pool.execute("SELECT 1") }?.code }
                try await waitUntil("somebody waits") { pool.waitingCallers == 1 }
                await pool.close()
                #expect(await waiting.value == .poolClosed)
                #expect(await postgresError { try await pool.execute("SELECT 1") }?.code == .poolClosed)
                #expect(try await connection.queryRow("SELECT 1").decode(Int.self) == 1, "a lease goes on")
                return connection
            }
            try await waitUntil("the lease is closed") { await leased.isClosed }
            #expect(pool.openConnections == 0)
            await pool.close()
        }
    }
}

/// Counts how many bodies run at one time.
private final class Leases: Sendable {
    private let counts = Mutex((current: 0, highest: 0))

    var highest: Int { counts.withLock { $0.highest } }

    func begin() {
        counts.withLock { counts in
            counts.current += 1
            counts.highest = max(counts.highest, counts.current)
        }
    }

    func end() { counts.withLock { $0.current -= 1 } }
}

/// Who was served, in order.
private final class Served: Sendable {
    private let list = Mutex<[Int]>([])

    var numbers: [Int] { list.withLock { $0 } }

    func append(_ number: Int) { list.withLock { $0.append(number) } }
}
