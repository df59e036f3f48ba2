import FaultProxy
import HTTPTypes
import LibPQ
import TestSupport
import Testing

@testable import Idempotency

/// Every fault at every statement of the protocol, at each of its moments; the client retries until it is answered.
@Suite("Row 8: a fault at every point", .timeLimit(.minutes(4)))
struct FaultPointTests {
    static let faults: [Fault] = [.close, .reset, .truncate, .freeze, .swallow, .delay(.milliseconds(30))]

    private static let claim = "INSERT INTO idempotency.keys (scope, key_id, fingerprint, expires_at"
    private static let storeFinal = "INSERT INTO idempotency.keys (scope, key_id, fingerprint, status"
    private static let look = "SELECT fingerprint"
    private static let work = "INSERT INTO effects"
    private static let outcome = "UPDATE idempotency.keys"

    /// An engine behind a proxy, whose patience is short.
    private func withProxiedEngine(
        _ body: (PerformFixture, Idempotency, FaultProxy) async throws -> Void
    ) async throws {
        try await withPerformFixture { fixture in
            let proxy = try FaultProxy(to: fixture.database.url)
            defer { proxy.close() }
            var configuration = try PostgresPool.Configuration(url: proxy.url)
            configuration.maximumConnections = 2
            configuration.acquireTimeout = .seconds(2)
            configuration.connection.queryTimeout = .milliseconds(300)
            configuration.connection.commitTimeout = .milliseconds(300)
            configuration.connection.cancelTimeout = .milliseconds(100)
            let pool = PostgresPool(configuration: configuration, logger: PerformFixture.quiet)
            let policy = IdempotencyPolicy(waitBudget: .milliseconds(100), resolveDeadline: .milliseconds(500))
            try await body(fixture, Idempotency(pool: pool, policy: policy, logger: PerformFixture.quiet), proxy)
            await pool.close()
        }
    }

    /// What a client does: the same again until it is answered. The fault ends with the first attempt: whatever is frozen by then is cut,
    /// as when the hosts of a broken network learn of it.
    private func retried(_ proxy: FaultProxy, _ send: () async throws -> Performed) async throws -> Performed {
        for _ in 1..<20 {
            do {
                return try await send()
            } catch let error as IdempotencyError
                where [.unavailable, .outcomeUnknown, .inFlight].contains(error.code)
            {
                proxy.cut()
            } catch let error as PostgresError where error.isTransient || error.code == .timedOut {
                proxy.cut()  // the work's own statement met the fault
            }
        }
        return try await send()
    }

    @Test(
        "The first request: one effect, the whole answer, and its replay",
        arguments: faults, Passage.Moment.allCases)
    func first(fault: Fault, moment: Passage.Moment) async throws {
        try await withProxiedEngine { fixture, engine, proxy in
            var answers: PerformFixture.Answers = [:]
            for (number, statement) in ["BEGIN", Self.claim, Self.look, Self.work, Self.outcome, "COMMIT"].enumerated()
            {
                let request = KeyedRequest(key: "key-\(number)")
                proxy.inject(fault, at: FaultPoint(moment, statement))
                let performed = try await retried(proxy) { try await engine.pay(request) }
                #expect(proxy.fired == number + 1, "\(statement)")
                answers[request.key] = performed.outcome
            }
            proxy.cut()
            try await fixture.expectConsistency(answers)
            #expect(try await fixture.effects() == answers.count)
        }
    }

    @Test("A replay: the same answer, and nothing runs", arguments: faults, Passage.Moment.allCases)
    func replay(fault: Fault, moment: Passage.Moment) async throws {
        try await withProxiedEngine { fixture, engine, proxy in
            let request = KeyedRequest()
            let answer = try await engine.pay(request).outcome
            for (number, statement) in ["BEGIN", Self.claim, Self.look, "ROLLBACK"].enumerated() {
                proxy.inject(fault, at: FaultPoint(moment, statement))
                let performed = try await retried(proxy) { try await engine.pay(request) }
                #expect(performed.disposition == .replayed && performed.outcome == answer.replayable, "\(statement)")
                // Nobody waits for the ROLLBACK of a replay.
                try await waitUntil("the fault at \(statement) has happened") { proxy.fired == number + 1 }
            }
            proxy.cut()
            try await fixture.expectConsistency([request.key: answer])
        }
    }

    @Test(
        "A final error: no effect, one stored refusal, and its replay", arguments: faults, Passage.Moment.allCases)
    func finalError(fault: Fault, moment: Passage.Moment) async throws {
        try await withProxiedEngine { fixture, engine, proxy in
            let refusal = Outcome(status: 402, body: [4])
            let statements = [Self.work, "ROLLBACK", Self.storeFinal, Self.look, "COMMIT"]
            for (number, statement) in statements.enumerated() {
                let request = KeyedRequest(key: "key-\(number)")
                func send() async throws -> Performed {
                    try await engine.perform(request, finalOutcome: { $0 is WorkFailure ? refusal : nil }) {
                        _ = try await request.pay($0)
                        throw WorkFailure()
                    }
                }
                proxy.inject(fault, at: FaultPoint(moment, statement))
                #expect(try await retried(proxy, send).outcome == refusal, "\(statement)")
                try await waitUntil("the fault at \(statement) has happened") { proxy.fired == number + 1 }
                #expect(try await retried(proxy, send).disposition == .replayed, "\(statement)")
            }
            proxy.cut()
            try await fixture.expectConsistency([:])
            #expect(try await fixture.effects() == 0)
            #expect(try await fixture.keys() == statements.count)
        }
    }
}
