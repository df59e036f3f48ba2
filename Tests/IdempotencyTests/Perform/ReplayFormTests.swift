import FaultProxy
import HTTPTypes
import LibPQ
import TestSupport
import Testing

@testable import Idempotency

/// What a replay has of the first answer, wherever the replay comes from.
@Suite("Replay forms", .timeLimit(.minutes(2)))
struct ReplayFormTests {
    static let forms: [ReplayForm] = [.snapshot, .reference, .none]
    let request = KeyedRequest()

    /// The work of these tests: an answer with a secret, a resource and its identifier.
    @Sendable static func issue(_ transaction: PostgresTransaction) async throws -> Outcome {
        var outcome = try await KeyedRequest().pay(transaction)
        outcome.headers[.idempotencyResource] = outcome.headers[.location]?.split(separator: "/").last.map(String.init)
        outcome.headers[.eTag] = "\"a\""
        outcome.body = Array("the secret".utf8)
        return outcome
    }

    /// What is in the table.
    private func row(_ fixture: PerformFixture) async throws -> (form: Int?, headers: HTTPFields, body: [UInt8]) {
        let (form, headers, body) = try await fixture.observer.queryRow(
            "SELECT replay_form, headers, body FROM idempotency.keys"
        ).decode((Int?, [UInt8], [UInt8]).self)
        return (form, try HeaderCodec.decode(headers), body)
    }

    private func expectReplay(_ replay: Performed, of first: Performed, under policy: IdempotencyPolicy) {
        #expect(replay.disposition == .replayed)
        #expect(replay.form == policy.replay)
        #expect(replay.outcome == first.outcome.stored(under: policy).outcome)
        #expect(replay.expiresAt == first.expiresAt)
    }

    private func withProxiedEngine(
        policy: IdempotencyPolicy, _ body: (PerformFixture, Idempotency, FaultProxy) async throws -> Void
    ) async throws {
        try await withPerformFixture { fixture in
            let proxy = try FaultProxy(to: fixture.database.url)
            defer { proxy.close() }
            let pool = PostgresPool(
                configuration: try PostgresPool.Configuration(url: proxy.url), logger: PerformFixture.quiet)
            try await body(fixture, Idempotency(pool: pool, policy: policy, logger: PerformFixture.quiet), proxy)
            await pool.close()
        }
    }

    // MARK: Where a replay comes from

    @Test("a replay from the row has what its form says, the first answer is whole", arguments: forms)
    func fromTheRow(form: ReplayForm) async throws {
        let policy = IdempotencyPolicy(replay: form)
        try await withPerformFixture(policy: policy) { fixture in
            let first = try await fixture.idempotency.perform(request, Self.issue)
            #expect(first.disposition == .executed && first.form == .snapshot)
            #expect(first.outcome.body == Array("the secret".utf8) && first.outcome.headers[.setCookie] != nil)
            for engine in [fixture.idempotency, try fixture.anotherProcess()] {
                expectReplay(try await engine.perform(request, Self.issue), of: first, under: policy)
            }
            let row = try await row(fixture)
            #expect(row.form == form.column)
            #expect(row.body.isEmpty == (form != .snapshot) && row.headers[.setCookie] == nil)
            #expect((row.headers[.eTag] == nil) == (form != .snapshot))
        }
    }

    @Test("a waiter of the same process gets what a replay from the row gives", arguments: forms)
    func fromSingleFlight(form: ReplayForm) async throws {
        let policy = IdempotencyPolicy(waitBudget: .seconds(30), replay: form)
        try await withPerformFixture(policy: policy) { fixture in
            let gate = Gate()
            defer { gate.open() }
            let running = Task {
                try await fixture.idempotency.perform(request) { transaction in
                    try await gate.pass()
                    return try await Self.issue(transaction)
                }
            }
            try await waitUntil("the first leads") { fixture.idempotency.singleFlight.count == 1 }
            let waiting = Task { try await fixture.idempotency.perform(request, Self.issue) }
            let key = FlightKey(scope: request.scope, keyID: KeyID(try IdempotencyKey(parsing: request.key)))
            try await waitUntil("a duplicate waits") { fixture.idempotency.singleFlight.waiterCount(for: key) == 1 }
            gate.open()
            let first = try await running.value
            expectReplay(try await waiting.value, of: first, under: policy)
            expectReplay(try await fixture.idempotency.perform(request, Self.issue), of: first, under: policy)
        }
    }

    @Test("a COMMIT whose answer was lost is answered whole, and replayed in its form", arguments: forms)
    func afterUnknown(form: ReplayForm) async throws {
        let policy = IdempotencyPolicy(replay: form)
        try await withProxiedEngine(policy: policy) { fixture, engine, proxy in
            proxy.inject(.close, at: .commit(.beforeAnswer))
            let first = try await engine.perform(request, Self.issue)
            #expect(proxy.fired == 1)
            #expect(first.disposition == .executed && first.form == .snapshot)
            #expect(first.outcome.body == Array("the secret".utf8) && first.outcome.headers[.setCookie] != nil)
            expectReplay(try await engine.perform(request, Self.issue), of: first, under: policy)
            #expect(try await fixture.effects() == 1)
        }
    }

    @Test("a row of another run that looks the same is a replay: what only that run answered is not made up")
    func notOurs() async throws {
        // Neither has a location, so that status and form are all that the rows hold.
        let answer = Outcome(status: 201, body: Array("the secret".utf8))
        let policy = IdempotencyPolicy(replay: .none)
        try await withProxiedEngine(policy: policy) { fixture, engine, proxy in
            let other = try fixture.anotherProcess(policy: policy)
            proxy.inject(.close, at: .commit(.beforeRequest), thenAway: true)
            let mine = Task { try await engine.perform(request) { _ in answer } }
            try await waitUntil("COMMIT is lost") { proxy.fired == 1 }
            let theirs = try await other.perform(request) { _ in answer }
            #expect(theirs.disposition == .executed)
            proxy.comeBack()
            expectReplay(try await mine.value, of: theirs, under: policy)
        }
    }

    // MARK: What counts

    @Test("the form of the row counts, not the policy of now", arguments: forms, forms)
    func policyChanged(then: ReplayForm, now: ReplayForm) async throws {
        let policy = IdempotencyPolicy(replay: then)
        try await withPerformFixture(policy: policy) { fixture in
            let first = try await fixture.idempotency.perform(request, Self.issue)
            let changed = try fixture.anotherProcess(policy: IdempotencyPolicy(replay: now))
            expectReplay(try await changed.perform(request, Self.issue), of: first, under: policy)
            // A key that is taken anew has the new form.
            try await fixture.expireKeys()
            let second = try await changed.perform(request, Self.issue)
            #expect(second.disposition == .executed)
            #expect(try await row(fixture).form == now.column)
            expectReplay(
                try await fixture.idempotency.perform(request, Self.issue), of: second, under: changed.policy)
        }
    }

    @Test("an error is replayed whole under each form, thrown or returned", arguments: forms, [true, false])
    func errors(form: ReplayForm, thrown: Bool) async throws {
        try await withPerformFixture(policy: IdempotencyPolicy(replay: form)) { fixture in
            let declined = Outcome(status: 402, headers: [.contentType: "text/plain"], body: Array("no".utf8))
            for disposition in [Performed.Disposition.executed, .replayed] {
                let performed = try await fixture.idempotency.perform(request, finalOutcome: { _ in declined }) { _ in
                    if thrown { throw WorkFailure() }
                    return declined
                }
                #expect(performed.disposition == disposition)
                #expect(performed.form == .snapshot && performed.outcome == declined)
            }
        }
    }

    @Test("chosen header fields are stored and replayed, the others belong to the first answer")
    func chosenFields() async throws {
        try await withPerformFixture(policy: IdempotencyPolicy(storedHeaders: .only([.eTag, .setCookie]))) { fixture in
            let first = try await fixture.idempotency.perform(request, Self.issue)
            #expect(first.outcome.headers[.location] != nil)
            let replay = try await fixture.idempotency.perform(request, Self.issue)
            #expect(replay.outcome == Outcome(status: 201, headers: [.eTag: "\"a\""], body: first.outcome.body))
            #expect(try await row(fixture).headers == [.eTag: "\"a\""])
        }
    }

    @Test("a form of a later version is reported, and nothing runs again")
    func unknownForm() async throws {
        try await withPerformFixture { fixture in
            _ = try await fixture.idempotency.pay(request)
            try await fixture.observer.execute("UPDATE idempotency.keys SET replay_form = 3")
            #expect(await idempotencyError { try await fixture.idempotency.pay(request) } == .damagedOutcome)
            #expect(try await fixture.effects() == 1)
        }
    }

    // MARK: Limits of what is stored

    @Test(
        "header fields or a body over the limit undo the work's writes and leave the key free",
        arguments: [true, false],
        [
            Outcome(status: 402, headers: [.eTag: String(repeating: "a", count: 17)]),
            Outcome(status: 402, body: [1, 2, 3, 4]),
        ])
    func tooLarge(thrown: Bool, large: Outcome) async throws {
        let policy = IdempotencyPolicy(maximumResponseHeaders: 20, maximumResponseBody: 3)
        try await withPerformFixture(policy: policy) { fixture in
            let code = await idempotencyError {
                try await fixture.idempotency.perform(request, finalOutcome: { _ in large }) { transaction in
                    _ = try await request.pay(transaction)
                    if thrown { throw WorkFailure() }
                    return large
                }
            }
            #expect(code == .responseTooLarge)
            #expect(try await fixture.isUntouched())
            let next = try await fixture.idempotency.perform(request) { _ in Outcome(status: 201) }
            #expect(next.disposition == .executed)
        }
    }

    @Test("an answer that is not stored may have any header fields")
    func notStored() async throws {
        try await withPerformFixture(policy: IdempotencyPolicy(maximumResponseHeaders: 1)) { fixture in
            let failed = try await fixture.idempotency.perform(request) { _ in
                Outcome(status: 500, headers: [.eTag: "abc"])
            }
            #expect(failed.disposition == .notStored && failed.outcome.headers[.eTag] == "abc")
        }
    }
}
