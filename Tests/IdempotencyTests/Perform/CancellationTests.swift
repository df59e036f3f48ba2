import LibPQ
import TestSupport
import Testing

@testable import Idempotency

/// The caller goes away (fault 14): queued, in the work, in COMMIT.
@Suite("Cancellation", .timeLimit(.minutes(1)))
struct CancellationTests {
    let request = KeyedRequest()

    @Test("a duplicate that is cancelled while it waits leaves at once; the first request goes on")
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

    @Test("a request that is cancelled in its work, which does not look, is committed, and the retry replays it")
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

    @Test("work that ends itself because it was cancelled is rolled back, and the key is free")
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

    @Test("a request that is cancelled inside COMMIT keeps its outcome")
    func inCommit() async throws {
        try await withPerformFixture { fixture in
            try await fixture.observer.execute(
                """
                CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NULL; END $$
                """)
            try await fixture.observer.execute(
                "CREATE CONSTRAINT TRIGGER hold \(unescaped: ConflictTests.atCommit) EXECUTE FUNCTION hold()")
            let holder = try await fixture.database.connect()
            try await holder.execute("SELECT pg_advisory_lock(1)")
            let first = Task { try await fixture.idempotency.pay(request) }
            try await fixture.waitForBlockedSessions()
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
