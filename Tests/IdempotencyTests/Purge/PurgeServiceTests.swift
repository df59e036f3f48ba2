import LibPQ
import Logging
import SQLMigrations
import ServiceLifecycle
import TestSupport
import Testing

@testable import Idempotency

@Suite("Purge service", .timeLimit(.minutes(2)))
struct PurgeServiceTests {
    let clock = ManualClock()
    let quiet = Logger(label: "purge", factory: { _ in SwiftLogNoOpLogHandler() })

    func service(_ pool: PostgresPool, _ configuration: PurgeService.Configuration = .init(batchPause: .zero))
        -> PurgeService
    {
        PurgeService(pool: pool, configuration: configuration, clock: clock, logger: quiet)
    }

    /// Inserts completed keys of the scope that are over since so many seconds; negative: they live on.
    func insert(_ count: Int, scope: String, overSince seconds: Int, in pool: PostgresPool) async throws {
        try await pool.execute(
            """
            INSERT INTO idempotency.keys (scope, key_id, fingerprint, status, expires_at)
            SELECT \(scope), gen_random_uuid(), '\\x00', 201, now() - \(Double(seconds)) * interval '1 second'
            FROM generate_series(1, \(count))
            """)
    }

    func scopes(in pool: PostgresPool) async throws -> [String] {
        try await pool.query("SELECT scope FROM idempotency.keys ORDER BY scope").decode(String.self)
    }

    /// Runs the service in a group, and shuts the group down after the body.
    func running(_ service: PurgeService, _ body: () async throws -> Void) async throws {
        let group = ServiceGroup(configuration: .init(services: [service], logger: quiet))
        let run = Task { try await group.run() }
        do {
            try await body()
        } catch {
            run.cancel()
            throw error
        }
        await group.triggerGracefulShutdown()
        try await run.value
    }

    @Test("one pass removes, in batches, exactly the keys that are over for longer than the grace")
    func removes() async throws {
        try await withTestDatabase(migrations: .idempotency) { database in
            let pool = database.pool
            try await insert(10, scope: "over", overSince: 61, in: pool)
            try await insert(1, scope: "in grace", overSince: 30, in: pool)
            try await insert(1, scope: "living", overSince: -3600, in: pool)
            let service = service(pool, .init(batchSize: 3, batchPause: .zero))
            #expect(try await service.purgeOnce() == 10)
            #expect(try await scopes(in: pool) == ["in grace", "living"])
            #expect(try await service.purgeOnce() == 0)
        }
    }

    @Test("Row 5: a key that is being reclaimed is left alone, without waiting for it, and survives")
    func reclaimed() async throws {
        try await withTestDatabase(migrations: .idempotency) { database in
            let pool = database.pool
            try await insert(1, scope: "reclaimed", overSince: 120, in: pool)
            try await insert(2, scope: "over", overSince: 120, in: pool)
            let service = service(pool)
            try await pool.withTransaction { transaction in
                try await transaction.execute(
                    "UPDATE idempotency.keys SET expires_at = now() + interval '1 day' WHERE scope = 'reclaimed'")
                let count = try await service.purgeOnce()
                #expect(count == 2)
            }
            #expect(try await service.purgeOnce() == 0)
            #expect(try await scopes(in: pool) == ["reclaimed"])
        }
    }

    @Test("Row 5: a key that is reclaimed and completed while the purge passes by, or waits for it, is not deleted")
    func reclaimedMeanwhile() async throws {
        try await withTestDatabase(migrations: .idempotency) { database in
            let pool = database.pool
            try await insert(1, scope: "reclaimed", overSince: 120, in: pool)
            let service = service(try database.makePool(of: 1) { $0.connection.lockTimeout = nil })
            let hasPassed = Mailbox<Int>()
            let purge = try await pool.withTransaction { transaction in
                try await transaction.execute(
                    "UPDATE idempotency.keys SET status = 201, expires_at = now() + interval '1 day'")
                let purge = Task { hasPassed.put(try await service.purgeOnce()) }
                try await waitUntil("the purge has passed by, or waits") {
                    if (try? hasPassed.take()) != nil { return true }
                    return try await transaction.queryRow(
                        """
                        SELECT count(*) FROM pg_stat_activity
                        WHERE datname = current_database() AND wait_event_type = 'Lock'
                        """
                    ).decode(Int.self) > 0
                }
                return purge
            }
            _ = await purge.result
            #expect(try await scopes(in: pool) == ["reclaimed"])
        }
    }

    @Test("a batch that takes too long is tried smaller, then reported, and its connection goes back as it came")
    func timeout() async throws {
        try await withTestDatabase(migrations: .idempotency) { database in
            let pool = try database.makePool(of: 1)
            try await insert(1, scope: "over", overSince: 120, in: pool)
            let service = service(pool, .init(batchSize: 400, batchPause: .zero, statementTimeout: .milliseconds(20)))
            try await database.pool.withTransaction { transaction in
                try await transaction.execute("LOCK TABLE idempotency.keys IN ACCESS EXCLUSIVE MODE")
                let error = await #expect(throws: PostgresError.self) { try await service.purgeOnce() }
                #expect(error?.sqlState == .queryCanceled)
            }
            #expect(try await service.purgeOnce() == 1)
            let timeout = try await pool.queryRow("SHOW statement_timeout").decode(String.self)
            #expect(timeout == "0")
        }
    }

    @Test("it purges again and again at the interval, also after an error, until graceful shutdown")
    func loop() async throws {
        try await withTestDatabase(migrations: .idempotency) { database in
            let pool = database.pool
            try await running(service(pool)) {
                await clock.waitForSleepers(1)
                for scope in ["first", "second"] {
                    try await insert(3, scope: scope, overSince: 120, in: pool)
                    clock.advance(by: .seconds(72))
                    await clock.waitForSleepers(1)
                    #expect(try await scopes(in: pool) == [])
                    let pause = clock.now.duration(to: try #require(clock.deadlines.first))
                    #expect(.seconds(48)... ~= pause && pause <= .seconds(72))
                }
                try await pool.execute("ALTER TABLE idempotency.keys RENAME TO away")
                clock.advance(by: .seconds(72))
                await clock.waitForSleepers(1)
                try await pool.execute("ALTER TABLE idempotency.away RENAME TO keys")
                try await insert(3, scope: "third", overSince: 120, in: pool)
                clock.advance(by: .seconds(72))
                await clock.waitForSleepers(1)
                #expect(try await scopes(in: pool) == [])
            }
            #expect(clock.deadlines.isEmpty)
        }
    }

    @Test(
        "it warns of a reader that keeps vacuum from removing what was purged: once, and after a pass that removed keys"
    )
    func horizon() async throws {
        try await withTestDatabase(migrations: .idempotency) { database in
            let pool = database.pool
            let log = LogRecorder()
            let reader = try await database.connect()
            let configuration = PurgeService.Configuration(batchPause: .zero, horizonWarning: .zero)
            let service = PurgeService(pool: pool, configuration: configuration, clock: clock, logger: log.logger)
            try await reader.withTransaction(.init(isolationLevel: .repeatableRead)) { transaction in
                let pid = try await transaction.queryRow("SELECT pg_backend_pid()").decode(Int.self)
                func warnings(afterPurging count: Int) async throws -> Int {
                    try await insert(count, scope: "over", overSince: 120, in: pool)
                    clock.advance(by: .seconds(72))
                    await clock.waitForSleepers(1)
                    return log.text.split(separator: "\n").count {
                        $0.hasPrefix("warning") && $0.contains("session \(pid)")
                    }
                }
                try await running(service) {
                    await clock.waitForSleepers(1)
                    #expect(try await warnings(afterPurging: 0) == 0)
                    // Older transactions of other tests are named before it.
                    try await waitUntil("it warns", deadline: .seconds(30)) { try await warnings(afterPurging: 3) > 0 }
                    #expect(try await warnings(afterPurging: 3) == 1)
                }
            }
            await reader.close()
            #expect(log.text.contains("idle in transaction"))
            #expect(!log.text.contains("pg_backend_pid"))
        }
    }

    @Test("it does not warn when told not to, and a horizon that cannot be looked at does not disturb it")
    func noHorizon() async throws {
        try await withTestDatabase(migrations: .idempotency) { database in
            // In front of the system's own, and without its columns.
            try await database.pool.execute("CREATE VIEW pg_stat_activity AS SELECT 1 AS pid")
            try await database.pool.execute(
                "ALTER DATABASE \(unescaped: database.name) SET search_path = public, pg_catalog")
            let pool = try database.makePool(of: 2)
            for (limit, attempts) in [(nil, 0), (Duration.zero, 1)] {
                let log = LogRecorder()
                let configuration = PurgeService.Configuration(batchPause: .zero, horizonWarning: limit)
                let service = PurgeService(pool: pool, configuration: configuration, clock: clock, logger: log.logger)
                try await running(service) {
                    await clock.waitForSleepers(1)
                    try await insert(3, scope: "over", overSince: 120, in: pool)
                    clock.advance(by: .seconds(72))
                    await clock.waitForSleepers(1)
                    #expect(try await scopes(in: pool) == [])
                }
                let lines = log.text.split(separator: "\n")
                #expect(!lines.contains { $0.hasPrefix("warning") })
                #expect(lines.count { $0.contains("Cannot see") } == attempts)
            }
        }
    }

    @Test("a disabled service removes nothing, and does not end its group before graceful shutdown")
    func disabled() async throws {
        try await withTestDatabase(migrations: .idempotency) { database in
            let pool = database.pool
            try await insert(3, scope: "over", overSince: 120, in: pool)
            try await running(service(pool, .init(isEnabled: false))) {
                // A group whose service had returned would have ended, and `running` would throw.
                let count = try await scopes(in: pool).count
                #expect(count == 3)
            }
            #expect(clock.deadlines.isEmpty)
            #expect(try await scopes(in: pool).count == 3)
        }
    }

    @Test("the purge reads the expired keys from the index and does not look through the living ones")
    func usesIndex() async throws {
        try await withTestDatabase(migrations: .idempotency) { database in
            let pool = database.pool
            try await insert(20_000, scope: "living", overSince: -3600, in: pool)
            try await insert(10, scope: "over", overSince: 120, in: pool)
            try await pool.execute("ANALYZE idempotency.keys")
            let purge = Ledger.purge(batchSize: 5000, grace: .seconds(60)).sql
                .replacing("$2", with: "5000").replacing("$1", with: "60").replacing("$3", with: "60").replacing(
                    "$4", with: "60")
            let explain = PostgresQuery(unescaped: "EXPLAIN (ANALYZE) \(purge)")
            let plan = try await pool.query(explain).decode(String.self).joined(separator: "\n")
            #expect(!plan.contains("Rows Removed by Filter: 20000"), "\(plan)")
            #expect(plan.contains("Index Cond"), "\(plan)")
            #expect(plan.contains("Tid Scan"), "\(plan)")
        }
    }
}
