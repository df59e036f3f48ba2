import Crypto
import LibPQ
import TestSupport
import Testing

@testable import Idempotency

/// What the ledger holds when the engine has a secret.
@Suite("Secret", .timeLimit(.minutes(1)))
struct SecretTests {
    private func engine(_ fixture: PerformFixture, secret: String?) throws -> Idempotency {
        Idempotency(
            pool: try fixture.database.makePool(of: 2), secret: secret.map { SymmetricKey(data: Array($0.utf8)) },
            logger: PerformFixture.quiet)
    }

    private func stored(_ fixture: PerformFixture) async throws -> [[UInt8]] {
        try await fixture.observer.query("SELECT fingerprint FROM idempotency.keys").decode([UInt8].self)
    }

    @Test(
        "a dump does not confirm a guessed request, nor that two keys stand for equal requests; replay and mismatch work as ever"
    )
    func fingerprints() async throws {
        try await withPerformFixture { fixture async throws in
            let engine = try engine(fixture, secret: "secret")
            let (first, second) = (KeyedRequest(key: "a"), KeyedRequest(key: "b"))
            _ = try await engine.pay(first)
            _ = try await engine.pay(second)
            let stored = try await stored(fixture)
            #expect(Set(stored + [first.fingerprint.bytes]).count == 3)
            #expect(stored.allSatisfy { $0.count == 32 })
            #expect(try await engine.pay(first).disposition == .replayed)
            #expect(await idempotencyError { try await engine.pay(KeyedRequest(key: "a", body: [2])) } == .mismatch)
        }
    }

    @Test("without a secret the plain fingerprint is stored, and every other secret has keys of its own")
    func otherSecrets() async throws {
        try await withPerformFixture { fixture async throws in
            for secret in [nil, "secret", "Secret"] {
                #expect(try await engine(fixture, secret: secret).pay().disposition == .executed)
            }
            #expect(try await stored(fixture).contains(KeyedRequest().fingerprint.bytes))
            #expect(try await fixture.keys() == 3)
        }
    }
}
