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
                    #expect(span.attributes.get("server.port") != nil)
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

    @Test("of a pool: how many connections, who waits and for how long, under the pool's name")
    func pool() async throws {
        await #expect(processExitsWith: .success) {
            let metrics = TestMetrics()
            MetricsSystem.bootstrap(metrics)
            try await withTestDatabase { database in
                let pool = try database.makePool(of: 1) {
                    $0.name = "mine"
                    $0.acquireTimeout = .milliseconds(100)
                }
                let name = ("db.client.connection.pool.name", "mine")
                try await pool.withConnection { _ in
                    #expect(await postgresError { try await pool.execute("SELECT 1") }?.code == .poolExhausted)
                    let used = try metrics.expectGauge(
                        "db.client.connection.count", [name, ("db.client.connection.state", "used")])
                    #expect(used.lastValue == 1)
                }
                #expect(try metrics.expectGauge("db.client.connection.max", [name]).lastValue == 1)
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
