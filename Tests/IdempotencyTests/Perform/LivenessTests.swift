import FaultProxy
import LibPQ
import TestSupport
import Testing

@testable import Idempotency

/// How long a client that vanishes keeps its key: what bounds it is set on the server.
@Suite("Liveness", .timeLimit(.minutes(1)))
struct LivenessTests {
    let request = KeyedRequest()
    private static let bound = Duration.seconds(1)
    /// For a busy machine; less than any of the other bounds in play.
    private static let slack = Duration.seconds(8)

    /// An engine that will vanish, and another one that wants its key.
    private func withVanishingEngine(
        _ setting: String?, statementTimeout: Duration? = nil,
        _ body: (PerformFixture, _ vanishing: Idempotency, FaultProxy) async throws -> Void
    ) async throws {
        try await withPerformFixture(policy: IdempotencyPolicy(waitBudget: .seconds(20))) { fixture in
            if let setting {
                let database = fixture.database.name
                try await fixture.observer.execute("ALTER DATABASE \(unescaped: database) SET \(unescaped: setting)")
            }
            let proxy = try FaultProxy(to: fixture.database.url)
            defer { proxy.close() }
            var configuration = try PostgresPool.Configuration(url: proxy.url)
            configuration.connection.commitTimeout = .milliseconds(500)
            configuration.connection.statementTimeout = statementTimeout
            configuration.connection.applicationName = ServerEnd.victim
            let pool = PostgresPool(configuration: configuration, logger: PerformFixture.quiet)
            let vanishing = Idempotency(pool: pool, policy: fixture.idempotency.policy, logger: PerformFixture.quiet)
            try await body(fixture, vanishing, proxy)
            await pool.close()
        }
    }

    /// How the server sees the session of the client that has vanished.
    private func session(_ fixture: PerformFixture) async throws -> (state: String, waitsFor: String)? {
        let sessions = try await fixture.observer.query(
            """
            SELECT state, coalesce(wait_event, '') FROM pg_stat_activity
            WHERE datname = current_database() AND application_name = \(ServerEnd.victim) AND xact_start IS NOT NULL
            ORDER BY xact_start
            """
        ).decode((String, String).self)
        return sessions.first.map { (state: $0.0, waitsFor: $0.1) }
    }

    @Test("Liveness: silent in the work: idle_in_transaction_session_timeout frees the key")
    func silentInWork() async throws {
        try await withVanishingEngine("idle_in_transaction_session_timeout = '1s'") { fixture, vanishing, proxy in
            let frozen = Gate()
            let goOn = Gate()
            let first = Task {
                try await vanishing.perform(request) { transaction in
                    let outcome = try await request.pay(transaction)
                    proxy.freezeConnections()
                    frozen.open()
                    try await goOn.pass()
                    return outcome
                }
            }
            try await frozen.pass()
            let start = ContinuousClock.now
            let performed = try await fixture.idempotency.pay(request)
            #expect(ContinuousClock.now - start < Self.bound + Self.slack)
            #expect(performed.disposition == .executed)
            // It was not dead after all, and finds the other's outcome.
            goOn.open()
            let late = try await first.value
            #expect(late.disposition == .replayed && late.outcome == performed.outcome.replayable)
            proxy.goAway()
            try await fixture.expectConsistency([request.key: performed.outcome])
        }
    }

    @Test(
        "Liveness: gone while its statement runs: client_connection_check_interval frees the key, and nothing else does",
        arguments: [true, false])
    func goneWhileBusy(isChecked: Bool) async throws {
        try await withVanishingEngine(isChecked ? "client_connection_check_interval = '200ms'" : nil) {
            fixture, vanishing, proxy in
            let first = Task {
                try await vanishing.perform(request) { transaction in
                    let outcome = try await request.pay(transaction)
                    try await transaction.execute("SELECT pg_sleep(60)")
                    return outcome
                }
            }
            try await waitUntil("the backend is busy") { try await session(fixture)?.waitsFor == "PgSleep" }
            proxy.goAway()
            let start = ContinuousClock.now
            if !isChecked {
                let policy = IdempotencyPolicy(waitBudget: .seconds(1))
                let code = await idempotencyError { try await fixture.idempotency.pay(request, policy: policy) }
                #expect(code == .inFlight)
                try await fixture.terminateBackends("application_name = '\(ServerEnd.victim)'")
            }
            let performed = try await fixture.idempotency.pay(request)
            #expect(performed.disposition == .executed)
            #expect(ContinuousClock.now - start < Self.slack)
            #expect(await postgresError { try await first.value }?.code == .connectionLost)
            try await fixture.expectConsistency([request.key: performed.outcome])
        }
    }

    /// Between two statements of a flush the server counts a session neither as idle nor as executing a statement, so before
    /// `transaction_timeout` (PostgreSQL 17) only the end of the connection ends it: the keepalives of the server, whose default is
    /// two hours, or the reset of a host that came back. `tcp_user_timeout` alone has no unacknowledged data to measure.
    @Test("Liveness: silent in the middle of a flush: no timeout of a session or statement frees the key, its end does")
    func silentInFlush() async throws {
        try await withVanishingEngine(
            "idle_in_transaction_session_timeout = '300ms'", statementTimeout: .milliseconds(300)
        ) { fixture, vanishing, proxy in
            proxy.inject(.freeze, at: .commit(.beforeRequest))
            let first = Task { try await vanishing.pay(request) }
            try await waitUntil("COMMIT is held") { proxy.fired == 1 }
            let policy = IdempotencyPolicy(waitBudget: .seconds(2))
            #expect(await idempotencyError { try await fixture.idempotency.pay(request, policy: policy) } == .inFlight)
            let seen = try #require(try await session(fixture))
            #expect(seen == ("active", "ClientRead"))
            proxy.goAway()
            let performed = try await fixture.idempotency.pay(request)
            #expect(performed.disposition == .executed)
            first.cancel()
            _ = await first.result
            try await fixture.expectConsistency([request.key: performed.outcome])
        }
    }
}
