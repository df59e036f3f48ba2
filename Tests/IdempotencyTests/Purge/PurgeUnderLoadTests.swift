import LibPQ
import Logging
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@testable import Idempotency

@Suite("Purge under load", .timeLimit(.minutes(2)))
struct PurgeUnderLoadTests {
    /// How long each request took, and whether more are wanted.
    final class Latencies: Sendable {
        private let all = Mutex<[Duration]>([])
        private let closed = Atomic(false)

        var isClosed: Bool { closed.load(ordering: .sequentiallyConsistent) }

        func close() { closed.store(true, ordering: .sequentiallyConsistent) }

        var count: Int { all.withLock { $0.count } }

        func add(_ latency: Duration) { all.withLock { $0.append(latency) } }

        /// What 99 of 100 requests took at most.
        var p99: Duration { all.withLock { $0.sorted()[$0.count * 99 / 100] } }
    }

    @Test(
        "Row 17: 100,000 expired keys go while a reader holds the horizon; requests stay fast, living keys stay, a warning comes"
    )
    func row17() async throws {
        try await withPerformFixture { fixture in
            let observer = fixture.observer
            func expire(_ count: Int) async throws {
                try await observer.execute(
                    """
                    INSERT INTO idempotency.keys (scope, key_id, fingerprint, status, expires_at)
                    SELECT 'over', gen_random_uuid(), '\\x00', 201, now() - interval '1 hour'
                    FROM generate_series(1, \(count))
                    """)
            }
            try await expire(100_000)
            try await observer.execute(
                """
                INSERT INTO idempotency.keys (scope, key_id, fingerprint, status, expires_at)
                SELECT 'living', gen_random_uuid(), '\\x00', 201, now() + interval '1 hour'
                FROM generate_series(1, 1000)
                """)
            func keys(_ scope: String) async throws -> Int {
                try await observer.queryRow("SELECT count(*) FROM idempotency.keys WHERE scope = \(scope)")
                    .decode(Int.self)
            }
            let reader = try await fixture.database.connect()
            let log = LogRecorder()
            let latencies = Latencies()
            let pid = try await reader.withTransaction(.init(isolationLevel: .repeatableRead)) { transaction in
                let pid = try await transaction.queryRow("SELECT pg_backend_pid()").decode(Int.self)
                let purge = PurgeService(
                    pool: try fixture.database.makePool(of: 1),
                    configuration: .init(interval: .milliseconds(10), horizonWarning: .milliseconds(1)),
                    logger: log.logger)
                let service = ServiceGroup(configuration: .init(services: [purge], logger: PerformFixture.quiet))
                try await withThrowingTaskGroup { group in
                    for client in 0..<4 {
                        group.addTask {
                            var number = 0
                            while !latencies.isClosed, !Task.isCancelled {
                                number += 1
                                let request = KeyedRequest(scope: "client \(client)", key: "order-\(number)")
                                let start = ContinuousClock.now
                                _ = try await fixture.idempotency.pay(request)
                                latencies.add(ContinuousClock.now - start)
                            }
                        }
                    }
                    try await waitUntil("requests are running") { latencies.count > 20 }
                    group.addTask { try await service.run() }
                    try await waitUntil("all expired keys are gone", deadline: .seconds(60)) {
                        try await keys("over") == 0
                    }
                    // One more at a time: older transactions of other tests are named before the reader, while they last.
                    try await waitUntil("the warning names the reader", deadline: .seconds(30)) {
                        try await expire(1)
                        return log.text.contains("session \(pid)")
                    }
                    try await waitUntil("the last key is gone") { try await keys("over") == 0 }
                    latencies.close()
                    await service.triggerGracefulShutdown()
                    try await group.waitForAll()
                }
                return pid
            }
            await reader.close()

            #expect(latencies.count >= 200)
            let p99 = latencies.p99
            #expect(p99 < .milliseconds(500), "p99 of \(latencies.count) requests: \(p99)")
            let warnings = log.text.split(separator: "\n").filter { $0.contains("session \(pid)") }
            #expect(warnings.count == 1)
            #expect(warnings.allSatisfy { $0.hasPrefix("warning") && $0.contains("idle in transaction") })
            #expect(try await keys("living") == 1000)
            #expect(try await fixture.keys() == 1000 + fixture.effects())
        }
    }
}
