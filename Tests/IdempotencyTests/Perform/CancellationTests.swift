import LibPQ
import TestSupport
import Testing

@testable import Idempotency

/// The client hangs up, and its task is cancelled: queued, in the work, in COMMIT.
@Suite("Row 14: a client that hangs up", .timeLimit(.minutes(1)))
struct CancellationTests {
    let request = KeyedRequest()

    @Test("Row 14: a duplicate that is cancelled while it waits leaves at once; the first request goes on")
    func waiting() async throws {
        try await withPerformFixture(policy: IdempotencyPolicy(waitBudget: .seconds(30))) { fixture in
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
            let duplicate = Task { try await fixture.idempotency.pay(request) }
            duplicate.cancel()
            await #expect(throws: CancellationError.self) { try await duplicate.value }  // while the first still runs
            gate.open()
            #expect(try await first.value.disposition == .executed)
            #expect(try await fixture.effects() == 1)
        }
    }

    @Test("Row 14: a request that is cancelled while it waits for a connection leaves at once, and its retry runs")
    func waitingForConnection() async throws {
        try await withPerformFixture(connections: 1) { fixture in
            let gate = Gate()
            let running = Gate()
            let other = KeyedRequest(key: "other")
            let first = Task {
                try await fixture.idempotency.perform(other) { transaction in
                    running.open()
                    try await gate.pass()
                    return try await other.pay(transaction)
                }
            }
            try await running.pass()
            let waiting = Task { try await fixture.idempotency.pay(request) }
            try await waitUntil("it waits for the connection") { fixture.idempotency.pool.waitingCallers == 1 }
            waiting.cancel()
            #expect(await postgresError { try await waiting.value }?.code == .cancelled)  // while the first still runs
            gate.open()
            let performed = try await first.value
            let retry = try await fixture.idempotency.pay(request)
            #expect(retry.disposition == .executed)
            try await fixture.expectConsistency([other.key: performed.outcome, request.key: retry.outcome])
        }
    }

    @Test(
        "Row 14: a request that is cancelled while its claim waits for another process: either's outcome is kept",
        arguments: [true, false])
    func claimWaits(firstSucceeds: Bool) async throws {
        try await withPerformFixture { fixture in
            let gate = Gate()
            let running = Gate()
            let first = Task {
                try await fixture.idempotency.perform(request) { transaction in
                    running.open()
                    try await gate.pass()
                    if !firstSucceeds { throw WorkFailure() }
                    return try await request.pay(transaction)
                }
            }
            try await running.pass()
            let elsewhere = try fixture.anotherProcess()
            let duplicate = Task { try await elsewhere.pay(request) }
            try await fixture.database.waitForBlockedSessions()
            duplicate.cancel()
            gate.open()
            let answer = try await duplicate.value
            #expect(answer.disposition == (firstSucceeds ? .replayed : .executed))
            #expect(await (result { try await first.value }.failure == nil) == firstSucceeds)
            try await fixture.expectConsistency([request.key: answer.outcome])
            try await fixture.expectConsistency([request.key: answer.outcome], through: elsewhere)
        }
    }

    @Test("Row 14: when the first is cancelled, its duplicate gets the outcome, or runs if there is none")
    func firstLeaves() async throws {
        for givesUp in [false, true] {
            try await withPerformFixture { fixture in
                let engine = fixture.idempotency
                let gate = Gate()
                let running = Gate()
                let first = Task {
                    try await engine.perform(request) { transaction in
                        let outcome = try await request.pay(transaction)
                        running.open()
                        if givesUp { try await gate.pass() } else { try await Task { try await gate.pass() }.value }
                        return outcome
                    }
                }
                try await running.pass()
                let duplicate = Task { try await engine.pay(request) }
                let key = FlightKey(scope: request.scope, keyID: KeyID(try IdempotencyKey(parsing: request.key)))
                try await waitUntil("the duplicate waits") { engine.singleFlight.waiterCount(for: key) == 1 }
                first.cancel()
                if !givesUp { gate.open() }
                let answer = try await duplicate.value
                #expect(answer.disposition == (givesUp ? .executed : .replayed))
                #expect(await (result { try await first.value }.failure is CancellationError) == givesUp)
                try await fixture.expectConsistency([request.key: answer.outcome])
            }
        }
    }

    @Test(
        "Row 14: a request that is cancelled in its work, which does not look, is committed, and the retry replays it")
    func inWork() async throws {
        try await withPerformFixture { fixture in
            let gate = Gate()
            let running = Gate()
            let first = Task {
                try await fixture.idempotency.perform(request) { transaction in
                    let outcome = try await request.pay(transaction)
                    running.open()
                    try await Task { try await gate.pass() }.value  // a task of its own, which is not cancelled
                    try await transaction.execute("SELECT 1")
                    return outcome
                }
            }
            try await running.pass()
            first.cancel()
            gate.open()
            let performed = try await first.value
            #expect(performed.disposition == .executed)
            #expect(try await fixture.effects() == 1)
            #expect(try await fixture.idempotency.pay(request).outcome == performed.outcome.replayable)
        }
    }

    @Test("Row 14: work that ends itself because it was cancelled is rolled back, and the key is free")
    func workThrows() async throws {
        try await withPerformFixture { fixture in
            let running = Gate()
            let first = Task {
                try await fixture.idempotency.perform(request) { transaction in
                    let outcome = try await request.pay(transaction)
                    running.open()
                    try await Gate().pass()
                    return outcome
                }
            }
            try await running.pass()
            first.cancel()
            await #expect(throws: CancellationError.self) { try await first.value }
            #expect(try await fixture.isUntouched())
            #expect(try await fixture.idempotency.pay(request).disposition == .executed)
        }
    }

    @Test("Row 14: a request that is cancelled inside COMMIT keeps its outcome")
    func inCommit() async throws {
        try await withPerformFixture { fixture in
            try await fixture.holdCommits()
            let holder = try await fixture.database.connect()
            try await holder.execute("SELECT pg_advisory_lock(1)")
            let first = Task { try await fixture.idempotency.pay(request) }
            try await fixture.database.waitForBlockedSessions()
            first.cancel()
            try await holder.execute("SELECT pg_advisory_unlock(1)")
            let performed = try await first.value
            #expect(performed.disposition == .executed)
            #expect(try await fixture.effects() == 1)
            #expect(try await fixture.idempotency.pay(request).outcome == performed.outcome.replayable)
            await holder.close()
        }
    }
}
