import FaultProxy
import Logging
import ServiceLifecycle
import TestSupport
import Testing

@testable import LibPQ

@Suite("A pool's upkeep", .serialized, .timeLimit(.minutes(2)))
struct PoolUpkeepTests {
    private func backend(_ pool: PostgresPool) async throws -> Int32 {
        try await pool.queryRow("SELECT pg_backend_pid()").decode(Int32.self)
    }

    /// Uses this many connections at once, so that they exist.
    private func fill(_ pool: PostgresPool, _ count: Int) async throws {
        if count == 0 { return }
        try await pool.withConnection { connection in
            try await connection.execute("SELECT 1")
            try await fill(pool, count - 1)
        }
    }

    @Test("closes connections that are idle for long, down to the minimum")
    func idleTimeout() async throws {
        try await withTestDatabase { database in
            let pool = try database.makePool(of: 4) {
                $0.minimumConnections = 1
                $0.idleTimeout = .milliseconds(100)
            }
            try await fill(pool, 4)
            #expect(pool.openConnections == 4)
            try await waitUntil("only the minimum is left") { pool.openConnections == 1 }
            let kept = try await backend(pool)
            try await waitUntil("others would have been closed again") { try await backend(pool) == kept }
        }
    }

    @Test("opens the minimum as a service, without being used, and again when one is lost")
    func minimum() async throws {
        try await withTestDatabase { database in
            let pool = try database.makePool(of: 4) {
                $0.minimumConnections = 2
                $0.idleTimeout = .milliseconds(100)
            }
            let service = Task { try await pool.run() }
            try await waitUntil("two are open") { pool.idleConnections == 2 }
            try await database.terminate(try await backend(pool))
            try await waitUntil("one is lost, or replaced already") { pool.idleConnections <= 2 }
            try await waitUntil("two are open again") { pool.idleConnections == 2 }
            service.cancel()
            try await service.value
            #expect(pool.openConnections == 0)
        }
    }

    @Test("opens the minimum again as soon as an idle connection is cut off, without a farewell")
    func cutOff() async throws {
        try await withTestDatabase { database in
            try await database.withProxy { proxy in
                var configuration = PostgresPool.Configuration(
                    connection: try database.configuration([
                        "host": "127.0.0.1", "hostaddr": "127.0.0.1", "port": "\(proxy.port)",
                        "application_name": "cut off",
                    ]))
                configuration.minimumConnections = 1
                // Its clock stands, so that it is not the upkeep that notices.
                let pool = PostgresPool(configuration: configuration, time: PoolTime(ManualClock()))
                let before = try await backend(pool)
                proxy.cut()
                try await waitUntil("another is there") {
                    try await database.pool.queryRow(
                        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'cut off' AND pid <> \(before)"
                    ).decode(Int.self) == 1
                }
                await pool.close()
            }
        }
    }

    @Test("replaces connections at the end of their life, idle or busy")
    func lifetime() async throws {
        try await withTestDatabase { database in
            let pool = try database.makePool(of: 1) { $0.maximumLifetime = .milliseconds(200) }
            let first = try await backend(pool)
            try await waitUntil("the idle one is closed") { pool.openConnections == 0 }
            let second = try await backend(pool)
            #expect(second != first)
            try await waitUntil("a busy one is replaced, too") { try await backend(pool) != second }
        }
    }

    @Test("leases no frozen connection: one that was idle is asked first, and the others are dropped with it")
    func frozen() async throws {
        try await withTestDatabase { database in
            try await database.withProxy { proxy in
                var configuration = PostgresPool.Configuration(
                    connection: try database.configuration([
                        "host": "127.0.0.1", "hostaddr": "127.0.0.1", "port": "\(proxy.port)",
                    ]))
                configuration.validationInterval = .nanoseconds(1)
                configuration.maximumConnections = 3
                configuration.acquireTimeout = .seconds(30)
                let pool = PostgresPool(configuration: configuration)
                try await fill(pool, 3)
                let backend = try await backend(pool)
                proxy.freezeConnections()
                #expect(try await self.backend(pool) != backend)
                #expect(pool.openConnections == 1)
                await pool.close()
            }
        }
    }

    /// Runs the body while the pool's only, idle connection does not answer, though it lives: it waits for a lock.
    private func whileBusy(
        _ database: TestDatabase, _ body: (PostgresPool) async throws -> Void
    ) async throws {
        let pool = try database.makePool(of: 1) {
            $0.validationInterval = .nanoseconds(1)
            $0.connection.lockTimeout = nil
        }
        let before = try await backend(pool)
        let kept = try await pool.withConnection { $0 }
        let busy = try await database.pool.withTransaction { transaction in
            try await transaction.execute("SELECT pg_advisory_xact_lock(1)")
            let busy = Task { try await kept.execute("SELECT pg_advisory_xact_lock(1)") }
            try await database.waitForBlockedSessions()
            try await body(pool)
            return busy
        }
        _ = try await busy.value
        #expect(try await self.backend(pool) == before, "the connection was not to blame")
    }

    @Test("keeps a connection though a caller was too much in a hurry to await its sign of life")
    func hurry() async throws {
        try await withTestDatabase { database in
            try await whileBusy(database) { pool in
                let error = await postgresError {
                    try await pool.execute("SELECT 1", deadline: .now + .milliseconds(20))
                }
                #expect(error?.code == .timedOut)
            }
        }
    }

    @Test("lets a caller go that is cancelled while its connection is asked for a sign of life")
    func cancelledValidation() async throws {
        try await withTestDatabase { database in
            try await whileBusy(database) { pool in
                let caller = Task { await postgresError { try await pool.execute("SELECT 1") }?.code }
                try await waitUntil("it waits") { pool.waitingCallers == 1 }
                caller.cancel()
                #expect(await caller.value == .cancelled)
                #expect(pool.openConnections == 1)
            }
        }
    }

    @Test(
        "drops all connections when one learns that the server is going away or has become read-only",
        arguments: ["25006", "57P01", "57P02", "57P03"])
    func suspicion(sqlState: String) async throws {
        try await withTestDatabase { database in
            let pool = try database.makePool(of: 3)
            try await fill(pool, 3)
            let before = try await pids(pool, 3)
            let failure: PostgresQuery = "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '\(unescaped: sqlState)'; END $$"
            #expect(await postgresError { try await pool.execute(failure) }?.sqlState?.rawValue == sqlState)
            try await waitUntil("all are closed") { pool.openConnections == 0 }
            #expect(try await pids(pool, 3).isDisjoint(with: before))
        }
    }

    @Test("drops the other connections when an idle one is told that the server is going away")
    func idleFarewell() async throws {
        try await withTestDatabase { database in
            let pool = try database.makePool(of: 2)
            try await fill(pool, 2)
            try await database.terminate(try await backend(pool))
            try await waitUntil("both are closed") { pool.openConnections == 0 }
        }
    }

    @Test("keeps its connections when a write is refused where that was asked for: a read-only transaction or session")
    func readOnly() async throws {
        try await withTestDatabase { database in
            try await database.pool.execute("CREATE TABLE t (id int)")
            let pool = try database.makePool(of: 1)
            let readOnly = try database.configuration(["options": "-c default_transaction_read_only=on"])
            let standby = try database.makePool(of: 1) {
                $0.connection = readOnly
            }
            for (pool, options) in [(pool, TransactionOptions(isReadOnly: true)), (standby, TransactionOptions())] {
                let before = try await backend(pool)
                let error = await postgresError {
                    try await pool.withTransaction(options) { _ = try await $0.execute("INSERT INTO t VALUES (1)") }
                }
                #expect(error?.sqlState == .readOnlySQLTransaction)
                #expect(try await backend(pool) == before)
            }
        }
    }

    @Test("keeps connections that were made after what a late lease reports")
    func lateReport() async throws {
        try await withTestDatabase { database in
            let pool = try database.makePool(of: 2)
            let failure: PostgresQuery = "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '57P01'; END $$"
            var fresh: Int32 = 0
            _ = await postgresError {
                try await pool.withConnection { late in
                    _ = await postgresError { try await pool.execute(failure) }
                    fresh = try await backend(pool)
                    try await late.execute(failure)
                }
            }
            try await waitUntil("the late one is closed") { pool.openConnections == 1 }
            #expect(try await backend(pool) == fresh)
        }
    }

    @Test("follows a server that stays read-only with one replacement every 10 s, not with one for each refused write")
    func demoted() async throws {
        try await withTestDatabase { database in
            let clock = ManualClock()
            let pool = PostgresPool(configuration: try .init(url: database.url), time: PoolTime(clock))
            try await pool.execute("CREATE TABLE t (id int)")
            let writable = try await backend(pool)
            try await database.pool.execute(
                "ALTER DATABASE \(unescaped: database.name) SET default_transaction_read_only = on")
            // The setting is for new sessions; this is what a demoted server would have said.
            let failure: PostgresQuery = "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '25006'; END $$"
            _ = await postgresError { try await pool.execute(failure) }
            let readOnly = try await backend(pool)
            #expect(readOnly != writable)
            for seconds in [0, 9] {
                clock.advance(by: .seconds(seconds))
                let error = await postgresError { try await pool.execute("INSERT INTO t VALUES (1)") }
                #expect(error?.sqlState == .readOnlySQLTransaction)
                #expect(try await backend(pool) == readOnly)
            }
            clock.advance(by: .seconds(1))
            _ = await postgresError { try await pool.execute("INSERT INTO t VALUES (1)") }
            #expect(try await backend(pool) != readOnly)
            await pool.close()
        }
    }

    @Test("tells a caller whose time is up why the last attempt to connect failed")
    func exhaustedBecause() async throws {
        let closedPort = try LoopbackListener().port
        var configuration = try PostgresPool.Configuration(url: "postgresql://u@127.0.0.1:\(closedPort)/d")
        configuration.acquireTimeout = .milliseconds(5)
        let pool = PostgresPool(configuration: configuration)
        // The pauses between attempts grow beyond the caller's patience.
        for (deadline, code) in [(nil, PostgresError.Code.poolExhausted), (Duration.milliseconds(2), .timedOut)] {
            try await waitUntil("a caller waits in vain") {
                let error = await postgresError {
                    try await pool.execute("SELECT 1", deadline: deadline.map { .now + $0 })
                }
                return error?.code == code && (error?.underlying as? PostgresError)?.code == .connectionFailed
            }
        }
        await pool.close()
    }

    @Test("gives up connecting when the pool is closed, and does not wait for the attempt's time-out")
    func closedWhileConnecting() async throws {
        let silent = try LoopbackListener()
        var configuration = try PostgresPool.Configuration(url: "postgresql://u@127.0.0.1:\(silent.port)/d")
        configuration.connection.connectTimeout = .seconds(600)
        configuration.minimumConnections = 2
        let pool = PostgresPool(configuration: configuration)
        let service = Task { try await pool.run() }
        try await waitUntil("it connects") { pool.openConnections == 2 }
        service.cancel()
        try await waitUntil("it has given up") { pool.openConnections == 0 }
        try await service.value
    }

    @Test("gives up connecting with the pool, though the minimum is not reached")
    func releasedWhileAway() async throws {
        weak var released: PostgresPool?
        let clock = ManualClock()
        do {
            let closedPort = try LoopbackListener().port
            var configuration = try PostgresPool.Configuration(url: "postgresql://u@127.0.0.1:\(closedPort)/d")
            configuration.minimumConnections = 1
            let pool = PostgresPool(configuration: configuration, time: PoolTime(clock))
            released = pool
            #expect(await postgresError { try await pool.execute("SELECT 1") }?.code == .connectionFailed)
            try await waitUntil("the next attempt waits for its time") { clock.deadlines.count == 1 }
        }
        try await waitUntil("the pool is gone") { released == nil }
        try await waitUntil("the attempt, too") { clock.deadlines.count == 0 }
    }

    @Test("goes by a clock: idle time-out and lifetime pass without anybody waiting for them")
    func clock() async throws {
        try await withTestDatabase { database in
            let clock = ManualClock()
            var configuration = try PostgresPool.Configuration(url: database.url)
            configuration.minimumConnections = 1
            let pool = PostgresPool(configuration: configuration, time: PoolTime(clock))
            try await fill(pool, 3)
            #expect(pool.openConnections == 3)
            try await waitUntil("upkeep sleeps") { clock.deadlines.count == 1 }
            clock.advance(by: .seconds(599))
            try await waitUntil("upkeep sleeps again") { clock.deadlines.count == 1 }
            #expect(pool.openConnections == 3)
            clock.advance(by: .seconds(30))
            try await waitUntil("only the minimum is left") { pool.openConnections == 1 }
            let kept = try await backend(pool)
            try await waitUntil("upkeep sleeps again") { clock.deadlines.count == 1 }
            clock.advance(by: .seconds(3600))
            try await waitUntil("the kept one is replaced") { pool.idleConnections == 1 && clock.deadlines.count == 1 }
            #expect(try await backend(pool) != kept)
            await pool.close()
        }
    }

    @Test("outlives the services after it in a group, which may use it until they have ended")
    func serviceGroup() async throws {
        struct User: Service {
            let pool: PostgresPool
            let ready: AsyncStream<Void>.Continuation

            func run() async throws {
                ready.finish()
                try await gracefulShutdown()
                _ = try await pool.query("SELECT 'the last words'")
            }
        }
        try await withTestDatabase { database in
            let pool = try database.makePool(of: 2)
            let ready = AsyncStream<Void>.makeStream()
            let group = ServiceGroup(
                services: [pool, User(pool: pool, ready: ready.continuation)], logger: Logger(label: "test"))
            let running = Task { try await group.run() }
            for await _ in ready.stream {}
            await group.triggerGracefulShutdown()
            try await running.value
            #expect(pool.openConnections == 0)
            #expect(await postgresError { try await pool.execute("SELECT 1") }?.code == .poolClosed)
        }
    }

    @Test("does not fail who came after the database was back for an attempt that began before")
    func lateCaller() async throws {
        try await withTestDatabase { database in
            let proxyless = try LoopbackListener()  // accepts, never answers: an attempt that takes its whole time-out
            var configuration = PostgresPool.Configuration(
                connection: try database.configuration([
                    "host": "127.0.0.1", "hostaddr": "127.0.0.1", "port": "\(proxyless.port)",
                ]))
            configuration.connection.connectTimeout = .milliseconds(300)
            let pool = PostgresPool(configuration: configuration)
            let early = Task { await postgresError { try await pool.execute("SELECT 1") }?.code }
            try await waitUntil("the first attempt is under way") { pool.openConnections == 1 }
            let start = ContinuousClock.now
            let late = await postgresError { try await pool.execute("SELECT 1") }
            #expect(await early.value == .connectTimeout)
            #expect(late?.code == .connectTimeout)
            #expect(ContinuousClock.now - start > .milliseconds(290), "an attempt of its own")
            await pool.close()
        }
    }

    @Test("ends its service when all leased connections have come back, and refuses newcomers before")
    func shutdown() async throws {
        try await withTestDatabase { database in
            let pool = try database.makePool(of: 2)
            let gate = AsyncStream<Void>.makeStream()
            let held = AsyncStream<Void>.makeStream()
            let lease = Task {
                try await pool.withConnection { connection in
                    held.continuation.finish()
                    for await _ in gate.stream {}
                    return try await connection.queryRow("SELECT 7").decode(Int.self)
                }
            }
            for await _ in held.stream {}
            let service = Task { try await pool.run() }
            service.cancel()
            try await waitUntil("newcomers are refused") {
                await postgresError { try await pool.execute("SELECT 1") }?.code == .poolClosed
            }
            #expect(pool.openConnections > 0, "the lease goes on")
            gate.continuation.finish()
            #expect(try await lease.value == 7)
            try await service.value
            #expect(pool.openConnections == 0)
        }
    }

    @Test("is given up with the pool")
    func released() async throws {
        try await withTestDatabase { database in
            weak var released: PostgresPool?
            do {
                let pool = PostgresPool(configuration: try .init(url: database.url))
                released = pool
                try await fill(pool, 2)
            }
            try await waitUntil("the pool is gone") { released == nil }
        }
    }

    private func pids(_ pool: PostgresPool, _ count: Int) async throws -> Set<Int32> {
        if count == 0 { return [] }
        return try await pool.withConnection { connection in
            let pid = await connection.backendProcessID
            return try await pids(pool, count - 1).union([pid])
        }
    }
}
