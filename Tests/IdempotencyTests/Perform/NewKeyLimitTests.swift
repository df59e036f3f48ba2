import LibPQ
import TestSupport
import Testing

@testable import Idempotency

/// Limits of new keys, against the database. The rate itself is ``NewKeyTableTests``' subject.
@Suite("Limits of new keys", .timeLimit(.minutes(1)))
struct NewKeyLimitTests {
    static let two = IdempotencyPolicy(newKeys: NewKeyLimit(2, per: .hours(1)))

    private func request(_ key: String, scope: String = "acme") -> KeyedRequest { KeyedRequest(scope: scope, key: key) }

    /// Uses up both keys of the scope.
    private func useUp(_ fixture: PerformFixture) async throws {
        for key in ["1", "2"] { _ = try await fixture.idempotency.pay(request(key)) }
    }

    private func isRefused(_ request: KeyedRequest, _ engine: Idempotency) async -> Bool {
        await idempotencyError { try await engine.pay(request) } == .tooManyNewKeys
    }

    @Test("one key too many is refused with the time of the next; its work does not run, and nothing is stored")
    func refused() async throws {
        try await withPerformFixture(connections: 1, policy: Self.two) { fixture async throws in
            try await useUp(fixture)
            let runs = Counter()
            let error = await #expect(throws: IdempotencyError.self) {
                try await fixture.idempotency.perform(request("3")) { _ in
                    runs.increment()
                    return Outcome(status: 200)
                }
            }
            #expect(error?.code == .tooManyNewKeys)
            let retryAfter = try #require(error?.retryAfter)
            #expect(.seconds(1700) < retryAfter && retryAfter <= .seconds(1800))
            let (effects, keys) = try await (fixture.effects(), fixture.keys())
            #expect(runs.value == 0 && effects == 2 && keys == 2)
            #expect(
                try await fixture.idempotency.pay(request("1")).disposition == .replayed, "the connection is of use")
        }
    }

    @Test("retries of stored keys are neither counted nor refused; nor is another request under one")
    func replays() async throws {
        try await withPerformFixture(policy: Self.two) { fixture async throws in
            for _ in 0..<5 { _ = try await fixture.idempotency.pay(request("1")) }
            _ = try await fixture.idempotency.pay(request("2"))
            #expect(await isRefused(request("3"), fixture.idempotency))
            #expect(try await fixture.idempotency.pay(request("2")).disposition == .replayed)
            var other = request("1")
            other.body = [2]
            #expect(await idempotencyError { try await fixture.idempotency.pay(other) } == .mismatch)
        }
    }

    @Test("another scope has keys of its own, and so has a policy without limit")
    func scopes() async throws {
        try await withPerformFixture(policy: Self.two) { fixture async throws in
            try await useUp(fixture)
            #expect(try await fixture.idempotency.pay(request("3", scope: "globex")).disposition == .executed)
            #expect(
                try await fixture.idempotency.pay(request("3"), policy: IdempotencyPolicy()).disposition == .executed)
        }
    }

    @Test("a key whose work failed counts, and its retry counts again; a final error counts once")
    func failures() async throws {
        try await withPerformFixture(policy: Self.two) { fixture async throws in
            let engine = fixture.idempotency
            let final = try await engine.perform(
                request("1"), finalOutcome: { _ in Outcome(status: 402) }, { _ in throw WorkFailure() })
            #expect(final.disposition == .executed)
            await #expect(throws: WorkFailure.self) {
                try await engine.perform(request("2")) { _ in throw WorkFailure() }
            }
            #expect(await isRefused(request("2"), engine))
            #expect(try await engine.pay(request("1")).outcome.status == 402)
        }
    }

    @Test("a unit that runs again after a conflict counts once")
    func reruns() async throws {
        try await withPerformFixture(policy: Self.two) { fixture async throws in
            try await fixture.failOnce("40001", times: 2, "BEFORE INSERT ON effects FOR EACH ROW")
            #expect(try await fixture.idempotency.pay(request("1")).disposition == .executed)
            #expect(try await fixture.idempotency.pay(request("2")).disposition == .executed)
            #expect(await isRefused(request("3"), fixture.idempotency))
        }
    }

    @Test("a key whose retention is over is a new one: counted, and left as it was when refused")
    func expired() async throws {
        try await withPerformFixture(policy: Self.two) { fixture async throws in
            try await useUp(fixture)
            try await fixture.expireKeys()
            #expect(await isRefused(request("1"), fixture.idempotency))
            let status = try await fixture.observer.queryRow("SELECT min(status) FROM idempotency.keys").decode(
                Int.self)
            #expect(status == 201)
            #expect(try await fixture.effects() == 2)
        }
    }

    @Test(
        "fifty new keys at once: as many run as may, the others are refused and leave nothing; all duplicates of one count once"
    )
    func parallel() async throws {
        try await withPerformFixture(policy: IdempotencyPolicy(newKeys: NewKeyLimit(10, per: .hours(1)))) {
            fixture async throws in
            let answers = await withTaskGroup(of: IdempotencyError.Code?.self) { group in
                for number in 0..<50 {
                    group.addTask { await idempotencyError { try await fixture.idempotency.pay(request("\(number)")) } }
                }
                return await group.reduce(into: [IdempotencyError.Code?]()) { $0.append($1) }
            }
            #expect(answers.count { $0 == nil } == 10 && answers.count { $0 == .tooManyNewKeys } == 40)
            let (effects, keys) = try await (fixture.effects(), fixture.keys())
            #expect(effects == 10 && keys == 10)
        }
        try await withPerformFixture(policy: Self.two) { fixture async throws in
            await withTaskGroup { group in
                for _ in 0..<20 { group.addTask { _ = try? await fixture.idempotency.pay(request("1")) } }
            }
            #expect(try await fixture.idempotency.pay(request("2")).disposition == .executed)
        }
    }
}
