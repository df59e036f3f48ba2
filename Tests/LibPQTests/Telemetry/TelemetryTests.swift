import CoreMetrics
import InMemoryTracing
import MetricsTestKit
import TestSupport
import Testing
import Tracing

@testable import LibPQ

/// Each in a process of its own, because metrics and tracing are bootstrapped once a process.
@Suite("Telemetry", .timeLimit(.minutes(2)))
struct TelemetryTests {
    @Test(
        "of operations: a span and a duration each, with the text but never a parameter, and the SQLSTATE of a failure")
    func operations() async throws {
        await #expect(processExitsWith: .success) {
            let tracer = InMemoryTracer()
            let metrics = TestMetrics()
            InstrumentationSystem.bootstrap(tracer)
            MetricsSystem.bootstrap(metrics)
            try await withTestDatabase { database in
                let connection = try await PostgresConnection.connect(database.configuration([:]))
                tracer.clearFinishedSpans()
                try await connection.execute("SELECT \("secret")::text")
                _ = try await connection.pipeline("SELECT 1", "SELECT 2")
                _ = await postgresError { try await connection.execute("select 1 / 0") }
                _ = try await connection.withTransaction { try await $0.execute("CREATE TABLE t (id int)") }

                let spans = tracer.finishedSpans
                #expect(spans.map(\.operationName) == ["SELECT", "PIPELINE", "SELECT", "CREATE", "COMMIT"])
                for span in spans {
                    #expect(span.kind == .client)
                    #expect(span.attributes.get("db.system.name") == "postgresql")
                    #expect(span.attributes.get("db.namespace") == .string(database.name))
                    guard case .int64(let port) = span.attributes.get("server.port") else {
                        Issue.record("the conventions say that a port is a number")
                        continue
                    }
                    #expect(port > 0)
                }
                #expect(spans[0].attributes.get("db.query.text") == "SELECT $1::text")
                #expect(spans[1].attributes.get("db.query.text") == "SELECT 1; SELECT 2")
                #expect(spans[1].attributes.get("db.operation.batch.size") == .int64(2))
                #expect(spans[2].attributes.get("db.response.status_code") == "22012")
                #expect(spans[2].status?.code == .error)

                let operations = metrics.timers.filter { $0.label == "db.client.operation.duration" }
                let failed = operations.filter { $0.dimensions.contains { $0 == ("error.type", "22012") } }
                #expect(failed.count == 1)
                #expect(operations.allSatisfy { $0.lastValue ?? 0 > 0 })
            }
        }
    }

    @Test("of a statement that had gone stale: one operation, and none that failed; of a refused COMMIT: a failed one")
    func retriedAndRefused() async throws {
        await #expect(processExitsWith: .success) {
            let tracer = InMemoryTracer()
            InstrumentationSystem.bootstrap(tracer)
            try await withTestDatabase { database in
                let connection = try await PostgresConnection.connect(database.configuration([:]))
                try await connection.execute(
                    "CREATE TABLE t (id int PRIMARY KEY, parent int REFERENCES t DEFERRABLE INITIALLY DEFERRED)")
                let query: PostgresQuery = "SELECT * FROM t WHERE id > \(0)"
                try await connection.execute(query)
                try await connection.execute("DEALLOCATE ALL")
                tracer.clearFinishedSpans()

                try await connection.execute(query)
                #expect(tracer.finishedSpans.map(\.operationName) == ["SELECT"])
                #expect(tracer.finishedSpans[0].status?.code != .error)

                let error = await postgresError {
                    try await connection.withTransaction { _ = try await $0.execute("INSERT INTO t VALUES (1, 2)") }
                }
                #expect(error?.sqlState == .foreignKeyViolation)
                let commit = tracer.finishedSpans.last
                #expect(commit?.operationName == "COMMIT")
                #expect(commit?.attributes.get("db.response.status_code") == "23503")
            }
        }
    }

    @Test("of a pool's transactions: a span that is the parent of their statements', with how it failed")
    func transactions() async throws {
        await #expect(processExitsWith: .success) {
            struct Refused: Error {}
            let tracer = InMemoryTracer()
            InstrumentationSystem.bootstrap(tracer)
            try await withTestDatabase { database in
                let pool = try database.makePool(of: 1)
                tracer.clearFinishedSpans()
                try await pool.withTransaction { transaction in
                    _ = try await transaction.pipeline("SELECT \(1)::int", "SELECT \(2)::int")
                }
                let done = tracer.finishedSpans
                #expect(done.map(\.operationName) == ["PIPELINE", "COMMIT", "TRANSACTION"])
                #expect(done[0].attributes.get("db.query.text") == "SELECT $1::int", "the same text once")
                let transaction = done[2]
                #expect(done[0].parentSpanID == transaction.spanID && done[1].parentSpanID == transaction.spanID)
                #expect(transaction.kind == .client)
                #expect(transaction.attributes.get("db.namespace") == .string(database.name))
                #expect(transaction.attributes.get("db.query.text") == nil)
                #expect(transaction.status == nil)

                tracer.clearFinishedSpans()
                _ = await postgresError { try await pool.withTransaction { try await $0.execute("SELECT 1/0") } }
                await #expect(throws: Refused.self) { try await pool.withTransaction { _ in throw Refused() } }
                let failed = tracer.finishedSpans.filter { $0.operationName == "TRANSACTION" }
                #expect(failed.map { $0.attributes.get("error.type") } == ["22012", "Refused"])
                #expect(failed.map { $0.attributes.get("db.response.status_code") } == ["22012", nil])
                #expect(failed.allSatisfy { $0.status?.code == .error })
            }
        }
    }

    @Test("of a pool: a caller is pending as soon as it waits")
    func pending() async throws {
        await #expect(processExitsWith: .success) {
            let metrics = TestMetrics()
            MetricsSystem.bootstrap(metrics)
            try await withTestDatabase { database in
                let pool = try database.makePool(of: 1) { $0.name = "mine" }
                let pending = { @Sendable in
                    try metrics.expectGauge(
                        "db.client.connection.pending_requests", [("db.client.connection.pool.name", "mine")]
                    ).lastValue
                }
                let waiting = try await pool.withConnection { _ in
                    let waiting = Task { try await pool.execute("SELECT 1") }
                    try await waitUntil("it is counted") { try pending() == 1 }
                    return waiting
                }
                _ = try await waiting.value
                try await waitUntil("nobody waits") { try pending() == 0 }
            }
        }
    }

    @Test("of a pool: how many connections, who waits and for how long, under the pool's name")
    func pool() async throws {
        await #expect(processExitsWith: .success) {
            let metrics = TestMetrics()
            MetricsSystem.bootstrap(metrics)
            try await withTestDatabase { database in
                let pool = try database.makePool(of: 1) {
                    $0.name = "mine"
                    $0.acquireTimeout = .seconds(2)
                }
                let name = ("db.client.connection.pool.name", "mine")
                try await pool.withConnection { _ in
                    #expect(await postgresError { try await pool.execute("SELECT 1") }?.code == .poolExhausted)
                    let used = try metrics.expectGauge(
                        "db.client.connection.count", [name, ("db.client.connection.state", "used")])
                    #expect(used.lastValue == 1)
                }
                #expect(try metrics.expectGauge("db.client.connection.max", [name]).lastValue == 1)
                #expect(try metrics.expectGauge("db.client.connection.idle.max", [name]).lastValue == 1)
                #expect(try metrics.expectGauge("db.client.connection.idle.min", [name]).lastValue == 0)
                #expect(try metrics.expectGauge("db.client.connection.pending_requests", [name]).lastValue == 0)
                #expect(try metrics.expectCounter("db.client.connection.timeouts", [name]).totalValue == 1)
                for label in ["create_time", "wait_time", "use_time"] {
                    #expect(try metrics.expectTimer("db.client.connection.\(label)", [name]).lastValue ?? 0 > 0)
                }
                let used = try metrics.expectGauge(
                    "db.client.connection.count", [name, ("db.client.connection.state", "used")])
                let idle = try metrics.expectGauge(
                    "db.client.connection.count", [name, ("db.client.connection.state", "idle")])
                #expect(used.lastValue == 0)
                #expect(idle.lastValue == 1)
            }
        }
    }

    @Test("costs nothing when nobody asks for it: it is not there")
    func none() async throws {
        try await withTestDatabase { database in
            let connection = try await database.connect()
            #expect(await connection.telemetry == nil)
            #expect(PoolMetrics(try PostgresPool.Configuration(url: database.url)) == nil)
        }
    }
}
