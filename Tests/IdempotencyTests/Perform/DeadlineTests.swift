import LibPQ
import TestSupport
import Testing

@testable import Idempotency

/// Work that takes longer than its policy allows.
@Suite("The work's deadline", .timeLimit(.minutes(2)))
struct DeadlineTests {
    let request = KeyedRequest()
    /// Whatever the work does is late.
    static let none = IdempotencyPolicy(handlerDeadline: .nanoseconds(1))
    /// Long enough to write something.
    static let short = IdempotencyPolicy(handlerDeadline: .seconds(1))

    @Test("a statement that runs past it is cancelled; nothing is written, the key is free, the connection usable")
    func slowStatement() async throws {
        try await withPerformFixture(connections: 1) { fixture async throws in
            let start = ContinuousClock.now
            let error = await #expect(throws: IdempotencyError.self) {
                _ = try await fixture.idempotency.perform(request, policy: Self.short) { transaction in
                    let outcome = try await request.pay(transaction)
                    try await transaction.execute("SELECT pg_sleep(60)")
                    return outcome
                }
            }
            #expect(error?.code == .deadlineExceeded)
            #expect((error?.underlying as? PostgresError)?.sqlState == .queryCanceled)
            #expect(ContinuousClock.now - start < .seconds(30))
            #expect(try await fixture.isUntouched())
            #expect(try await fixture.idempotency.pay(request).disposition == .executed)
        }
    }

    @Test("a statement that begins past it is not sent")
    func lateStatement() async throws {
        try await withPerformFixture { fixture async throws in
            #expect(
                await idempotencyError { try await fixture.idempotency.pay(request, policy: Self.none) }
                    == .deadlineExceeded)
            #expect(try await fixture.isUntouched())
        }
    }

    @Test("an answer that comes past it is not committed")
    func lateAnswer() async throws {
        try await withPerformFixture { fixture async throws in
            for swallows in [false, true] {
                let code = await idempotencyError {
                    try await fixture.idempotency.perform(request, policy: Self.none) { transaction in
                        if swallows { _ = try? await request.pay(transaction) }
                        return Outcome(status: 201)
                    }
                }
                #expect(code == .deadlineExceeded)
                #expect(try await fixture.isUntouched())
            }
        }
    }

    @Test("a 5xx and an error of the work's own reach the caller as they are")
    func ownErrors() async throws {
        try await withPerformFixture { fixture async throws in
            let performed = try await fixture.idempotency.perform(request, policy: Self.none) { _ in
                Outcome(status: 502)
            }
            #expect(performed.disposition == .notStored)
            await #expect(throws: WorkFailure(number: 7)) {
                _ = try await fixture.idempotency.perform(request, policy: Self.none) { _ in
                    throw WorkFailure(number: 7)
                }
            }
            #expect(try await fixture.isUntouched())
        }
    }

    @Test("a final error is stored, however late, unless it comes of a statement that was cancelled")
    func finalErrors() async throws {
        try await withPerformFixture { fixture async throws in
            await #expect(throws: WorkFailure(number: 402)) {
                _ = try await fixture.idempotency.perform(
                    request, policy: Self.short, finalOutcome: EndingTests.finalOutcome
                ) { transaction in
                    do {
                        try await transaction.execute("SELECT pg_sleep(60)")
                    } catch {
                        throw WorkFailure(number: 402)
                    }
                    return Outcome(status: 201)
                }
            }
            #expect(try await fixture.isUntouched())
            let final = try await fixture.idempotency.perform(
                request, policy: Self.none, finalOutcome: EndingTests.finalOutcome
            ) { _ in throw WorkFailure(number: 402) }
            #expect(final.disposition == .executed)
            #expect(try await fixture.idempotency.pay(request).outcome.status == 402)
        }
    }

    @Test(
        "a final error that was concluded from a statement which it ended, or kept from being sent, is not stored",
        arguments: Doubt.allCases)
    func doubtfulErrors(doubt: Doubt) async throws {
        try await withPerformFixture { fixture async throws in
            await #expect(throws: WorkFailure(number: 404)) {
                _ = try await fixture.idempotency.perform(
                    request, policy: Self.short, finalOutcome: EndingTests.finalOutcome
                ) { transaction in
                    _ = try await request.pay(transaction)
                    if doubt != .cutOffInSavepoint {
                        let past = ContinuousClock.now + .seconds(1)
                        try await waitUntil("the deadline has passed") { .now > past }
                    }
                    do {
                        try await doubt.ask(transaction)
                    } catch {
                        throw WorkFailure(number: 404)  // "not found", as far as this knows
                    }
                    return Outcome(status: 201)
                }
            }
            #expect(try await fixture.isUntouched())
            #expect(try await fixture.idempotency.pay(request).disposition == .executed)
        }
    }

    /// How a statement fails of which the work then makes an error of its own.
    enum Doubt: CaseIterable {
        case notSent, streamNotSent, savepointNotSet, cutOffInSavepoint

        func ask(_ transaction: PostgresTransaction) async throws {
            switch self {
            case .notSent: try await transaction.execute("SELECT 1")
            case .streamNotSent: for try await _ in transaction.stream("SELECT 1") {}
            case .savepointNotSet: _ = try await transaction.withSavepoint { try await transaction.execute("SELECT 1") }
            case .cutOffInSavepoint:
                _ = try await transaction.withSavepoint { try await transaction.execute("SELECT pg_sleep(60)") }
            }
        }
    }

    @Test("COMMIT is not interrupted by it")
    func duringCommit() async throws {
        try await withPerformFixture { fixture in
            try await fixture.holdCommits()
            let meddler = try await fixture.database.connect()
            let lock = try await meddler.begin()
            try await lock.execute("SELECT pg_advisory_xact_lock(1)")
            async let performed = fixture.idempotency.pay(request, policy: Self.short)
            try await fixture.database.waitForBlockedSessions()
            let past = ContinuousClock.now + .seconds(1)
            try await waitUntil("the deadline has passed") { .now > past }
            await meddler.rollBack(lock)
            #expect(try await performed.disposition == .executed)
            #expect(try await fixture.effects() == 1)
        }
    }

    @Test("it counts from the claim: the wait for another process does not shorten it")
    func countsFromClaim() async throws {
        try await withPerformFixture { fixture in
            let holder = try fixture.anotherProcess()
            let patient = IdempotencyPolicy(waitBudget: PerformFixture.patient.waitBudget, handlerDeadline: .seconds(1))
            let waiting = Mailbox<Task<Performed, any Error>>()
            await #expect(throws: WorkFailure()) {
                _ = try await holder.perform(request) { _ in
                    waiting.put(Task { try await fixture.idempotency.pay(request, policy: patient) })
                    try await fixture.database.waitForBlockedSessions()
                    let past = ContinuousClock.now + .seconds(1)
                    try await waitUntil("the deadline would have passed") { .now > past }
                    throw WorkFailure()
                }
            }
            #expect(try await waiting.take().value.disposition == .executed)
        }
    }
}
