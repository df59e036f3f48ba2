import FaultProxy
import HTTPTypes
import LibPQ
import TestSupport
import Testing

@testable import Idempotency

/// Faults on the wire at a named statement: the request lost, the answer lost, a reset, a connection that is silent.
@Suite("Row 8: faults on the wire", .timeLimit(.minutes(2)))
struct WireFaultTests {
    let request = KeyedRequest()

    /// An engine whose connections pass through a proxy; COMMIT is given up after half a second.
    private func withProxiedEngine(
        policy: IdempotencyPolicy = IdempotencyPolicy(waitBudget: .milliseconds(200)),
        statementTimeout: Duration? = nil,
        _ body: (PerformFixture, Idempotency, FaultProxy) async throws -> Void
    ) async throws {
        try await withPerformFixture { fixture in
            let proxy = try FaultProxy(to: fixture.database.url)
            defer { proxy.close() }
            var configuration = try PostgresPool.Configuration(url: proxy.url)
            configuration.maximumConnections = 4
            configuration.connection.commitTimeout = .milliseconds(500)
            configuration.connection.statementTimeout = statementTimeout
            let pool = PostgresPool(configuration: configuration, logger: PerformFixture.quiet)
            let engine = Idempotency(pool: pool, policy: policy, logger: PerformFixture.quiet)
            _ = try await engine.pay(KeyedRequest(key: "warm-up"))
            try await body(fixture, engine, proxy)
            await pool.close()
        }
    }

    /// Retries as a client does after 503: an attempt to connect from before the database came back may fail a little later.
    private func payUntilServed(_ engine: Idempotency) async throws -> Performed {
        let served = Mailbox<Performed>()
        try await waitUntil("the database serves again") {
            do {
                served.put(try await engine.pay(request))
                return true
            } catch let error as IdempotencyError where error.code == .unavailable {
                return false
            }
        }
        return try served.take()
    }

    private func expectOneEffect(_ fixture: PerformFixture, _ engine: Idempotency, _ performed: Performed) async throws
    {
        #expect(performed.disposition == .executed)
        #expect(performed.outcome.status == 201)
        #expect(performed.outcome.headers[.setCookie] != nil, "a field that is not stored belongs to the first answer")
        #expect(try await fixture.effects(of: request.key) == 1)
        let retry = try await engine.pay(request)
        #expect(retry.disposition == .replayed && retry.outcome == performed.outcome.replayable)
        #expect(try await fixture.effects(of: request.key) == 1)
    }

    @Test("a claim that proves a COMMIT lost is no new key: the scope's limit does not refuse it")
    func limitOfNewKeys() async throws {
        let two = IdempotencyPolicy(waitBudget: .milliseconds(200), newKeys: NewKeyLimit(2, per: .hours(1)))
        try await withProxiedEngine(policy: two) { fixture, engine, proxy in  // which has used one of them
            proxy.inject(.close, at: .commit(.beforeRequest))
            try await expectOneEffect(fixture, engine, try await engine.pay(request))
            #expect(proxy.fired == 1)
            #expect(await idempotencyError { try await engine.pay(KeyedRequest(key: "3")) } == .tooManyNewKeys)
        }
    }

    @Test(
        "whatever becomes of COMMIT and its answer: one effect, and the whole answer",
        arguments: [
            (.close, .beforeRequest), (.close, .afterRequest), (.close, .beforeAnswer), (.truncate, .beforeAnswer),
            (.reset, .beforeAnswer), (.freeze, .beforeAnswer), (.swallow, .beforeAnswer),
        ] as [(Fault, Passage.Moment)])
    func commit(fault: Fault, moment: Passage.Moment) async throws {
        try await withProxiedEngine { fixture, engine, proxy in
            proxy.inject(fault, at: .commit(moment))
            let runs = Counter()
            let performed = try await engine.perform(request) { transaction in
                runs.increment()
                return try await request.pay(transaction)
            }
            #expect(proxy.fired == 1)
            #expect(runs.value == (moment == .beforeRequest ? 2 : 1))
            try await expectOneEffect(fixture, engine, performed)
        }
    }

    @Test("a COMMIT that is lost each time: the work runs as often as the policy lets it, then the key is free")
    func alwaysLost() async throws {
        let policy = IdempotencyPolicy(waitBudget: .milliseconds(200), maximumReruns: 2)
        try await withProxiedEngine(policy: policy) { fixture, engine, proxy in
            proxy.setRule { FaultPoint.commit(.beforeRequest).matches($0) ? .close : nil }
            let runs = Counter()
            let code = await idempotencyError {
                try await engine.perform(request) { transaction in
                    runs.increment()
                    return try await request.pay(transaction)
                }
            }
            #expect(code == .unavailable)
            #expect(runs.value == 3)
            proxy.setRule(nil)
            try await expectOneEffect(fixture, engine, try await engine.pay(request))
        }
    }

    @Test(
        "COMMIT frozen on its way: the old transaction holds the key until the server gives it up; then the work runs again",
        arguments: [nil, .milliseconds(100)] as [Duration?])
    func requestFrozen(statementTimeout: Duration?) async throws {
        try await withProxiedEngine(statementTimeout: statementTimeout) { fixture, engine, proxy in
            // At the first statement of its flush: in the middle of one, the server would not count the session as idle.
            proxy.inject(.freeze, at: FaultPoint(.beforeRequest, "UPDATE idempotency.keys"))
            let running = Task { try await engine.pay(request) }
            // The question waits for the old backend, in vain and again.
            try await fixture.database.waitForBlockedSessions()
            try await waitUntil("the question has failed") { try await fixture.database.blockedSessions() == 0 }
            try await fixture.database.waitForBlockedSessions()
            #expect(try await fixture.effects(of: request.key) == 0)
            // As `idle_in_transaction_session_timeout` would.
            try await fixture.observer.execute(
                """
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND state = 'idle in transaction'
                """)
            try await expectOneEffect(fixture, engine, try await running.value)
            proxy.goAway()
        }
    }

    @Test("the same at the COMMIT of a final error", arguments: [.beforeRequest, .beforeAnswer] as [Passage.Moment])
    func finalError(moment: Passage.Moment) async throws {
        try await withProxiedEngine { fixture, engine, proxy in
            proxy.inject(.close, at: .commit(moment))
            for disposition in [Performed.Disposition.executed, .replayed] {
                let performed = try await engine.perform(
                    request, finalOutcome: { _ in Outcome(status: 402, body: [4]) }
                ) {
                    _ = try await request.pay($0)
                    throw WorkFailure()
                }
                #expect(performed.disposition == disposition && performed.outcome == Outcome(status: 402, body: [4]))
            }
            #expect(proxy.fired == 1)
            #expect(try await fixture.effects(of: request.key) == 0)
        }
    }

    @Test(
        "a database that stays away past the deadline: outcome unknown; the retry replays or runs, one effect",
        arguments: [.beforeRequest, .beforeAnswer] as [Passage.Moment])
    func away(moment: Passage.Moment) async throws {
        let policy = IdempotencyPolicy(waitBudget: .milliseconds(200), resolveDeadline: .milliseconds(400))
        try await withProxiedEngine(policy: policy) { fixture, engine, proxy in
            proxy.inject(.close, at: .commit(moment), thenAway: true)
            #expect(await idempotencyError { try await engine.pay(request) } == .outcomeUnknown)
            proxy.comeBack()
            let retry = try await payUntilServed(engine)
            #expect(retry.disposition == (moment == .beforeAnswer ? .replayed : .executed))
            #expect(try await fixture.effects(of: request.key) == 1)
        }
    }

    @Test("a database that comes back within the deadline: the caller only waits")
    func awayForAMoment() async throws {
        try await withProxiedEngine { fixture, engine, proxy in
            proxy.inject(.close, at: .commit(.beforeAnswer), thenAway: true)
            let running = Task { try await engine.pay(request) }
            try await waitUntil("the fault happened") { proxy.fired == 1 }
            proxy.comeBack()
            try await expectOneEffect(fixture, engine, try await running.value)
        }
    }

    @Test(
        "what was committed is the answer even if finding that out took longer than the retention: it does not run twice"
    )
    func resolvedPastRetention() async throws {
        try await withProxiedEngine { fixture, engine, proxy in
            proxy.inject(.close, at: .commit(.beforeAnswer), thenAway: true)
            // No valid policy: it shows in seconds what a valid one allows by no more than the time that COMMIT may take.
            let short = IdempotencyPolicy(retention: .seconds(1), resolveDeadline: .seconds(30))
            let running = Task {
                try await engine.perform(
                    scope: request.scope, key: IdempotencyKey(request.key), fingerprint: request.fingerprint,
                    under: short
                ) { try await request.pay($0) }
            }
            try await waitUntil("the retention is over") {
                try await fixture.observer.query(
                    "SELECT 1 FROM idempotency.keys WHERE expires_at <= clock_timestamp()"
                ).count == 1
            }
            proxy.comeBack()
            let performed = try await running.value
            #expect(performed.disposition == .executed && performed.outcome.headers[.setCookie] != nil)
            #expect(try await fixture.effects(of: request.key) == 1)
            #expect(try await engine.pay(request).disposition == .executed, "to anybody else the key is new")
        }
    }

    @Test("waiters of the same process get the outcome of a COMMIT whose answer was lost")
    func waiters() async throws {
        try await withProxiedEngine(policy: IdempotencyPolicy(waitBudget: .seconds(10))) { fixture, engine, proxy in
            proxy.inject(.close, at: .commit(.beforeAnswer))
            let answers = try await withThrowingTaskGroup(of: Performed.self) { group in
                for _ in 1...10 { group.addTask { try await engine.pay(request) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.count { $0.disposition == .executed } == 1)
            #expect(Set(answers.map(\.outcome.replayable)).count == 1)
            #expect(try await fixture.effects(of: request.key) == 1)
        }
    }

    @Test("cancelled while COMMIT is unknown: outcome unknown at once, also while waiting for a connection")
    func cancelledWhileUnknown() async throws {
        try await withProxiedEngine(
            policy: IdempotencyPolicy(waitBudget: .milliseconds(200), resolveDeadline: .minutes(1))
        ) {
            fixture, engine, proxy in
            proxy.inject(.close, at: .commit(.beforeAnswer), thenAway: true)
            let running = Task { try await engine.pay(request) }
            try await waitUntil("the fault happened") { proxy.fired == 1 }
            running.cancel()
            #expect(await idempotencyError { try await running.value } == .outcomeUnknown)
            proxy.comeBack()
            let retry = try await payUntilServed(engine)
            #expect(retry.disposition == .replayed)
            #expect(try await fixture.effects(of: request.key) == 1)
        }
    }

    @Test("a connection that dies in the work, or that was dead before: no effect, or served by another one")
    func elsewhere() async throws {
        try await withProxiedEngine { fixture, engine, proxy async throws in
            proxy.inject(.close, at: FaultPoint(.beforeAnswer, "SELECT 'in the work'"))
            let code = await postgresError {
                try await engine.perform(request) { transaction in
                    let outcome = try await request.pay(transaction)
                    try await transaction.execute("SELECT 'in the work'")
                    return outcome
                }
            }?.code
            #expect(code == .connectionLost)
            #expect(try await fixture.effects(of: request.key) == 0)
            proxy.inject(.close, at: FaultPoint(.beforeAnswer, "BEGIN"))
            #expect(try await engine.pay(request).disposition == .executed)
            #expect(try await fixture.effects(of: request.key) == 1)
        }
    }

    @Test("a replay does not wait for its ROLLBACK")
    func replayDoesNotWait() async throws {
        try await withProxiedEngine { fixture, engine, proxy in
            _ = try await engine.pay(request)
            proxy.inject(.freeze, at: FaultPoint(.beforeRequest, "ROLLBACK"))
            #expect(try await engine.pay(request).disposition == .replayed)
            try await waitUntil("ROLLBACK is held") { proxy.fired == 1 }
            #expect(try await engine.pay(request).disposition == .replayed)
            proxy.goAway()
        }
    }
}
