import Foundation
import LibPQ
import TestSupport
import Testing

@testable import Idempotency

/// What callers are told of the end of a key's retention: always what its row says.
@Suite("Expiry", .timeLimit(.minutes(1)))
struct ExpiryTests {
    let request = KeyedRequest()

    private func storedExpiry(_ fixture: PerformFixture) async throws -> Date {
        try await fixture.observer.queryRow("SELECT expires_at FROM idempotency.keys").decode(Date.self)
    }

    /// Moves the row's retention away from what a policy would compute.
    private func moveExpiry(_ fixture: PerformFixture) async throws {
        try await fixture.observer.execute("UPDATE idempotency.keys SET expires_at = now() + interval '7 hours'")
    }

    @Test("a first answer and its replays say when the retention is over, as the row has it")
    func replays() async throws {
        try await withPerformFixture { fixture in
            let first = try await fixture.idempotency.pay(request)
            let stored = try await storedExpiry(fixture)
            #expect(first.expiresAt == stored)
            #expect(abs(stored.timeIntervalSinceNow - 86_400) < 60)
            for engine in [fixture.idempotency, try fixture.anotherProcess()] {
                #expect(try await engine.pay(request).expiresAt == stored)
            }
            try await moveExpiry(fixture)
            let moved = try await storedExpiry(fixture)
            #expect(try await fixture.idempotency.pay(request).expiresAt == moved && moved < stored)
        }
    }

    @Test("a final error's first answer and replay say it, also on a key that had expired", arguments: [false, true])
    func finalError(expired: Bool) async throws {
        try await withPerformFixture { fixture in
            if expired {
                _ = try await fixture.idempotency.pay(KeyedRequest(body: [2]))
                try await fixture.expireKeys()
            }
            for disposition in [Performed.Disposition.executed, .replayed] {
                let performed = try await fixture.idempotency.perform(
                    request, finalOutcome: { _ in Outcome(status: 402) }, { _ in throw WorkFailure() })
                #expect(performed.disposition == disposition)
                let stored = try await storedExpiry(fixture)
                #expect(performed.expiresAt == stored && stored > Date.now)
            }
        }
    }

    @Test("a reclaim says its new expiry")
    func reclaim() async throws {
        try await withPerformFixture { fixture in
            let first = try await fixture.idempotency.pay(request)
            try await fixture.expireKeys()
            let second = try await fixture.idempotency.pay(request)
            #expect(second.disposition == .executed)
            let stored = try await storedExpiry(fixture)
            #expect(second.expiresAt == stored)
            #expect(try #require(first.expiresAt) < stored)
        }
    }

    @Test("a duplicate that waits in this process is told the same")
    func waiter() async throws {
        try await withPerformFixture { fixture in
            let gate = Gate()
            let running = Gate()
            let request = request
            let first = Task {
                try await fixture.idempotency.perform(request) { transaction in
                    running.open()
                    try await gate.pass()
                    return try await request.pay(transaction)
                }
            }
            try await running.pass()
            let waiter = Task { try await fixture.idempotency.pay(request) }
            let key = FlightKey(scope: request.scope, keyID: KeyID(try IdempotencyKey(request.key)))
            try await waitUntil("it waits") { fixture.idempotency.singleFlight.waiterCount(for: key) == 1 }
            gate.open()
            let replay = try await waiter.value
            let stored = try await storedExpiry(fixture)
            #expect(replay.disposition == .replayed && replay.expiresAt == stored)
            #expect(try await first.value.expiresAt == stored)
        }
    }

    @Test("an answer that is not stored has none")
    func notStored() async throws {
        try await withPerformFixture { fixture in
            let performed = try await fixture.idempotency.perform(request) { _ in Outcome(status: 503) }
            #expect(performed.disposition == .notStored && performed.expiresAt == nil)
        }
    }

    @Test("a key that somebody made infinite by hand is replayed")
    func infinite() async throws {
        try await withPerformFixture { fixture in
            _ = try await fixture.idempotency.pay(request)
            try await fixture.observer.execute("UPDATE idempotency.keys SET expires_at = 'infinity'")
            let replay = try await fixture.idempotency.pay(request)
            #expect(replay.disposition == .replayed && replay.expiresAt == .distantFuture)
        }
    }
}
