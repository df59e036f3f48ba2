import EmbeddedPostgres
import FaultProxy
import HTTPTypes
import LibPQ
import SQLMigrations
import TestSupport
import Testing

@testable import Idempotency

/// The server's end of the connection dies: one backend, or all of it.
@Suite("Row 9: faults of the server", .serialized, .timeLimit(.minutes(3)))
struct BackendFaultTests {
    let request = KeyedRequest()

    @Test("Row 9: backends that were terminated while idle: the next request does not notice")
    func idle() async throws {
        try await withPerformFixture(connections: 2) { fixture in
            _ = try await fixture.idempotency.pay(KeyedRequest(key: "warm-up"))
            try await fixture.terminateBackends("state = 'idle'")
            #expect(try await fixture.idempotency.pay(request).disposition == .executed)
            #expect(try await fixture.effects() == 2)
        }
    }

    @Test("Row 9: a backend terminated in the work, noticed by a statement: the work's error, no effect, key free")
    func inWork() async throws {
        try await withPerformFixture { fixture async throws in
            let error = await postgresError {
                try await fixture.idempotency.perform(request) { transaction in
                    let outcome = try await request.pay(transaction)
                    try await fixture.terminateBackends("state = 'idle in transaction'")
                    try await transaction.execute("SELECT 1")
                    return outcome
                }
            }
            #expect(error?.isTransient == true)
            #expect(try await fixture.isUntouched())
            #expect(try await fixture.idempotency.pay(request).disposition == .executed)
        }
    }

    @Test("Row 9: a backend terminated in the work, noticed by nobody before the end: no answer without its effect")
    func inWorkUnnoticed() async throws {
        try await withPerformFixture { fixture in
            let runs = Counter()
            do {
                let performed = try await fixture.idempotency.perform(request) { transaction in
                    let outcome = try await request.pay(transaction)
                    if runs.increment() == 1 { try await fixture.terminateBackends("state = 'idle in transaction'") }
                    return outcome
                }
                // COMMIT found out; claiming again proved that nothing was there, and the work ran again.
                #expect(performed.disposition == .executed && runs.value == 2)
                #expect(try await fixture.effects() == 1)
            } catch let error as IdempotencyError {
                // The connection had been seen to end before COMMIT.
                #expect(error.code == .unavailable && runs.value == 1)
                #expect(try await fixture.isUntouched())
            }
            _ = try await fixture.idempotency.pay(request)
            #expect(try await fixture.effects() == 1)
        }
    }

    /// When the server ends.
    enum Moment: CaseIterable, Sendable {
        /// In the work, which notices.
        case inWork
        /// Between the work's last statement and the flush that stores the outcome and commits.
        case beforeCommit
        /// While the server executes COMMIT.
        case inCommit
        /// When it is committed, and the answer is under way.
        case beforeAnswer
        /// When it is committed and answered.
        case afterAnswer

        /// Whether the first run must have been committed; nil when both is right.
        var isCommitted: Bool? {
            switch self {
            case .inWork, .beforeCommit: false
            case .inCommit: nil
            case .beforeAnswer, .afterAnswer: true
            }
        }
    }

    @Test(
        "Row 9: ended before, in or after COMMIT, and back: 0 or 1 effect, the answer agrees, replays are identical",
        arguments: ServerEnd.allCases)
    func ends(end: ServerEnd) async throws {
        let server =
            end == .terminated ? nil : try await EmbeddedPostgres.start(.temporary, logger: PerformFixture.quiet)
        try await withPerformFixture(at: server?.url) { fixture in
            try await fixture.holdCommits()
            let proxy = try FaultProxy(to: fixture.database.url)
            defer { proxy.close() }
            var configuration = try PostgresPool.Configuration(url: proxy.url)
            configuration.connection.applicationName = ServerEnd.victim
            let pool = PostgresPool(configuration: configuration, logger: PerformFixture.quiet)
            let engine = Idempotency(pool: pool, logger: PerformFixture.quiet)
            // One server for all: what was acknowledged must survive every later end, too.
            var acknowledged: PerformFixture.Answers = [:]
            for moment in Moment.allCases {
                let request = KeyedRequest(key: "\(moment)")
                let runs = Counter()
                let first = await result {
                    try await pay(request, through: engine, runs, at: moment, holdingAnswersWith: proxy, fixture) {
                        try await end.happen(to: fixture, on: server)
                    }
                }
                if let code = (first.failure as? IdempotencyError)?.code { #expect(code == .unavailable, "\(moment)") }
                let effects = try await fixture.effects(of: request.key)
                #expect(effects == (first.failure == nil ? 1 : 0), "\(moment): \(first)")
                let performed = try await engine.payUntilServed(request)
                if let first = first.success {
                    #expect(first.disposition == .executed, "\(moment)")
                    #expect(performed.outcome == first.outcome.replayable, "\(moment)")
                }
                if let isCommitted = moment.isCommitted {
                    #expect(runs.value == (isCommitted || first.failure != nil ? 1 : 2), "\(moment)")
                }
                acknowledged[request.key] = performed.outcome
                try await fixture.expectConsistency(acknowledged, through: engine)
            }
            await pool.close()
        }
        try await server?.stop(.immediate)
    }

    /// Pays, and lets the server end at the moment.
    private func pay(
        _ request: KeyedRequest, through engine: Idempotency, _ runs: Counter, at moment: Moment,
        holdingAnswersWith proxy: FaultProxy, _ fixture: PerformFixture,
        end: @escaping @Sendable () async throws -> Void
    ) async throws -> Performed {
        let running = { @Sendable in
            try await engine.perform(request) { transaction in
                let outcome = try await request.pay(transaction)
                guard runs.increment() == 1, [.inWork, .beforeCommit].contains(moment) else { return outcome }
                try await end()
                if moment == .inWork { try await transaction.execute("SELECT 1") }
                return outcome
            }
        }
        switch moment {
        case .inWork, .beforeCommit:
            return try await running()
        case .inCommit:
            let holder = try await fixture.database.connect()
            try await holder.execute("SELECT pg_advisory_lock(1)")
            async let performed = running()
            try await fixture.database.waitForBlockedSessions()
            try await end()
            await holder.close()
            return try await performed
        case .beforeAnswer:
            let fired = proxy.fired
            proxy.inject(.freeze, at: .commit(.beforeAnswer))
            async let performed = running()
            try await waitUntil("the answer is held") { proxy.fired > fired }
            try await end()
            proxy.cut()
            return try await performed
        case .afterAnswer:
            let performed = try await running()
            try await end()
            return performed
        }
    }

    @Test("Row 9: no server: unavailable, and the work does not run")
    func away() async throws {
        try await withPerformFixture { fixture in
            let proxy = try FaultProxy(to: fixture.database.url)
            defer { proxy.close() }
            proxy.goAway()
            let pool = PostgresPool(
                configuration: try PostgresPool.Configuration(url: proxy.url), logger: PerformFixture.quiet)
            let engine = Idempotency(pool: pool, logger: PerformFixture.quiet)
            let runs = Counter()
            let code = await idempotencyError {
                try await engine.perform(request) { transaction in
                    runs.increment()
                    return try await request.pay(transaction)
                }
            }
            #expect(code == .unavailable && runs.value == 0)
            proxy.comeBack()
            #expect(try await engine.pay(request).disposition == .executed)
            await pool.close()
        }
    }
}
