import LibPQ
import TestSupport
import Testing

@testable import Idempotency

/// Parallel duplicates, in one process and across several, and the pool that they may not take.
@Suite("Duplicates", .timeLimit(.minutes(2)))
struct DuplicateTests {
    let request = KeyedRequest()

    /// What each of many parallel requests got.
    private func parallel(
        _ count: Int, on engines: [Idempotency], finalOutcome: (@Sendable (any Error) async throws -> Outcome?)? = nil,
        _ work: @escaping @Sendable (PostgresTransaction) async throws -> Outcome
    ) async -> [Result<Performed, any Error>] {
        await withTaskGroup(of: Result<Performed, any Error>.self) { group in
            for number in 0..<count {
                let engine = engines[number % engines.count]
                group.addTask {
                    do {
                        return .success(try await engine.perform(request, finalOutcome: finalOutcome, work))
                    } catch {
                        return .failure(error)
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
    }

    private func engines(_ processes: Int, of fixture: PerformFixture) throws -> [Idempotency] {
        try [fixture.idempotency] + (1..<processes).map { _ in try fixture.anotherProcess() }
    }

    @Test("Row 1: of thirty duplicates one runs, and all get its answer", arguments: [1, 3])
    func commits(processes: Int) async throws {
        try await withPerformFixture { fixture in
            let results = await parallel(30, on: try engines(processes, of: fixture)) { try await request.pay($0) }
            let performed = try results.map { try $0.get() }
            #expect(performed.count { $0.disposition == .executed } == 1)
            #expect(Set(performed.map(\.outcome.replayable)).count == 1)
            #expect(try await fixture.effects() == 1)
            #expect(try await fixture.keys() == 1)
        }
    }

    @Test("Row 1: when the first throws, one more runs, and the rest get its answer", arguments: [1, 3])
    func firstThrows(processes: Int) async throws {
        try await withPerformFixture { fixture in
            let runs = Counter()
            let results = await parallel(30, on: try engines(processes, of: fixture)) { transaction in
                let outcome = try await request.pay(transaction)
                if runs.increment() == 1 { throw WorkFailure() }
                return outcome
            }
            let performed = results.compactMap { try? $0.get() }
            #expect(runs.value == 2)
            #expect(performed.count == 29)
            #expect(performed.count { $0.disposition == .executed } == 1)
            #expect(Set(performed.map(\.outcome.replayable)).count == 1)
            #expect(try await fixture.effects() == 1)
        }
    }

    @Test("Row 1: when the first ends with a final error, the rest replay it; no effect", arguments: [1])
    func finalError(processes: Int) async throws {
        try await withPerformFixture { fixture in
            let runs = Counter()
            let results = await parallel(
                30, on: try engines(processes, of: fixture), finalOutcome: { _ in Outcome(status: 402, body: [4]) }
            ) { transaction in
                runs.increment()
                _ = try await request.pay(transaction)
                throw WorkFailure()
            }
            let performed = try results.map { try $0.get() }
            #expect(runs.value == 1)
            #expect(performed.count { $0.disposition == .executed } == 1)
            #expect(performed.allSatisfy { $0.outcome == Outcome(status: 402, body: [4]) })
            #expect(try await fixture.effects() == 0)
        }
    }

    @Test(
        "Row 1: across processes a final error may be found more than once, but one answer is stored and given; no effect"
    )
    func finalErrorAcross() async throws {
        try await withPerformFixture { fixture in
            let runs = Counter()
            let results = await parallel(
                30, on: try engines(3, of: fixture), finalOutcome: { _ in Outcome(status: 402, body: [4]) }
            ) { transaction in
                runs.increment()
                _ = try await request.pay(transaction)
                throw WorkFailure()
            }
            let performed = try results.map { try $0.get() }
            #expect((1...3).contains(runs.value))
            #expect(performed.count { $0.disposition == .executed } == 1)
            #expect(performed.allSatisfy { $0.outcome == Outcome(status: 402, body: [4]) })
            #expect(try await fixture.effects() == 0)
            #expect(try await fixture.keys() == 1)
        }
    }

    @Test("Row 13: fifty duplicates on a pool of one connection: one runs, none is turned away")
    func poolOfOne() async throws {
        try await withPerformFixture(connections: 1) { fixture in
            let results = await parallel(50, on: [fixture.idempotency]) { try await request.pay($0) }
            let performed = try results.map { try $0.get() }
            #expect(performed.count { $0.disposition == .executed } == 1)
            #expect(Set(performed.map(\.outcome.replayable)).count == 1)
            #expect(try await fixture.effects() == 1)
        }
    }

    @Test("Row 2: a duplicate whose wait budget ends before the first request: in flight, and it may ask again")
    func budget() async throws {
        try await withPerformFixture(policy: IdempotencyPolicy(waitBudget: .milliseconds(50))) { fixture in
            let gate = Gate()
            let running = Gate()
            let first = Task {
                try await fixture.idempotency.perform(request) { transaction in
                    running.open()
                    try await gate.pass()
                    return try await request.pay(transaction)
                }
            }
            try await running.pass()
            #expect(await idempotencyError { try await fixture.idempotency.pay(request) } == .inFlight)
            gate.open()
            _ = try await first.value
            #expect(try await fixture.idempotency.pay(request).disposition == .replayed)
            #expect(try await fixture.effects() == 1)
        }
    }

    @Test("Row 13: claims that wait for other processes leave half of the pool to keys that are free")
    func waitersLeaveRoom() async throws {
        try await withPerformFixture(connections: 8) { fixture in
            let here = fixture.idempotency
            let holder = try await fixture.database.connect()
            let held = (0..<24).map { KeyedRequest(key: "held-\($0)") }
            try await holder.withTransaction { other in
                for request in held {
                    try await other.execute(
                        """
                        INSERT INTO idempotency.keys (scope, key_id, fingerprint, expires_at)
                        VALUES (\(request.scope), \(KeyID(try IdempotencyKey(parsing: request.key)).uuid), '', now())
                        """)
                }
                let waiting = held.map { request in Task { try await here.pay(request) } }
                try await fixture.database.waitForBlockedSessions(4)
                let start = ContinuousClock.now
                let free = try await here.pay(KeyedRequest(key: "free"))
                #expect(free.disposition == .executed)
                #expect(ContinuousClock.now - start < .seconds(5), "the waiters' own budget is 20 seconds")
                for task in waiting { task.cancel() }
            }
            await holder.close()
        }
    }
}
