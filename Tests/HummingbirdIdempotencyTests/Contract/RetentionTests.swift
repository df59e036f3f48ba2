import HTTPTypes
import Hummingbird
import HummingbirdIdempotency
import HummingbirdTesting
import Idempotency
import LibPQ
import TestSupport
import Testing

@Suite("retention over (default 24 h)", .timeLimit(.minutes(2)))
struct RetentionTests {
    private func end(_ service: ProtectedService) async throws {
        try await service.database.pool.execute("UPDATE idempotency.keys SET expires_at = now() - interval '1 second'")
    }

    @Test("the same key is a new request, and another request may use it, too", arguments: ["coffee", "tea"])
    func newRequest(body: String) async throws {
        try await withService { service in
            let first = try await service.send("/route", key: "k")
            try await service.send("/route", key: "k").expectReplay(of: first)
            try await end(service)
            let second = try await service.send("/route", key: "k", body: body)
            #expect(!second.isReplay)
            #expect(second.status == .created)
            #expect(second.text == "effect 2: \(body)")
            try await service.send("/route", key: "k", body: body).expectReplay(of: second)
            #expect(try await service.effects() == ["coffee", body])
        }
    }

    @Test("counted from the claim, in the database's time: 24 hours, or what the policy says")
    func length() async throws {
        for (policy, seconds) in [(IdempotencyPolicy(), 86_400), (IdempotencyPolicy(retention: .minutes(5)), 300)] {
            try await withService(policy: policy) { service in
                _ = try await service.send("/group", key: "k")
                let kept = try await service.database.pool.queryRow(
                    "SELECT extract(epoch FROM expires_at - created_at)::int FROM idempotency.keys"
                ).decode(Int.self)
                #expect(kept == seconds)
            }
        }
    }
}
