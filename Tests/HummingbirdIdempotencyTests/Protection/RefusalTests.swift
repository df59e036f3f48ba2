import HTTPTypes
import Hummingbird
import HummingbirdIdempotency
import HummingbirdTesting
import Idempotency
import LibPQ
import TestSupport
import Testing

@Suite("What the engine refuses", .timeLimit(.minutes(2)))
struct RefusalTests {
    @Test("A retry after the retention, where the policy refuses it: 410, and nothing runs", arguments: Form.allCases)
    func late(form: Form) async throws {
        try await withService(policy: IdempotencyPolicy(lateRetries: .refuse())) { service in
            _ = try await service.send(form.path, key: "k")
            try await service.database.pool.execute("UPDATE idempotency.keys SET expires_at = now()")
            // A UUIDv7 of 2020 is late although nobody has stored it.
            for key in ["k", "016f5e66-e800-7000-8000-000000000000"] {
                let answer = try await service.send(form.path, key: key)
                answer.expectProblem(.keyExpired)
                #expect(answer.headers[.idempotencyKeyExpires] == nil)
            }
            #expect(try await service.effects() == ["coffee"])
            #expect(service.log.text.contains("debug Request refused"))
            #expect(!service.log.text.contains("error Request"))
        }
    }

    @Test("A new key over the scope's limit: 429, and Retry-After says when the limit allows the next")
    func newKeys() async throws {
        let policy = IdempotencyPolicy(newKeys: NewKeyLimit(1, per: .hours(2)))
        try await withService(policy: policy) { service in
            let first = try await service.send("/group", key: "a")
            let answer = try await service.send("/group", key: "b")
            answer.expectProblem(.tooManyNewKeys, retryable: true)
            let pause = try #require(answer.headers[.retryAfter].flatMap(Int.init))
            #expect(pause > 60 && pause <= 7200)
            #expect(try await service.keys() == 1)
            // Retries are not counted, nor are other scopes.
            try await service.send("/group", key: "a").expectReplay(of: first)
            #expect(try await service.send("/group", key: "b", principal: "bob").status == .created)
        }
    }

    @Test("Work that takes longer than it may: 503 and Retry-After, writes undone, key free")
    func deadline() async throws {
        let policy = IdempotencyPolicy(handlerDeadline: .milliseconds(100))
        let runs = Counter()
        try await withService(policy: policy) { request, context, transaction in
            let response = try await ProtectedService.insert(request, context, transaction)
            if runs.increment() == 1 { try await transaction.execute("SELECT pg_sleep(3600)") }
            return response
        } _: { service in
            try await service.send("/group", key: "k").expectProblem(.unavailable, retryable: true)
            #expect(try await service.effects().isEmpty)
            #expect(try await service.keys() == 0)
            #expect(service.log.text.contains("error Request failed"))
        }
    }

    @Test("A response whose header fields are over the limit: 500, writes undone, key free, the log names the limit")
    func responseHeaders() async throws {
        try await withService(policy: IdempotencyPolicy(maximumResponseHeaders: 100)) { request, context, transaction in
            var response = try await ProtectedService.insert(request, context, transaction)
            response.headers[.effect] = String(repeating: "x", count: 100)
            return response
        } _: { service in
            try await service.send("/group", key: "k").expectProblem(.responseTooLarge)
            #expect(service.log.text.contains("maximumResponseHeaders (100 bytes)"))
            #expect(try await service.effects().isEmpty)
            #expect(try await service.keys() == 0)
        }
    }

    @Test("A stored answer whose encryption key is lost: 500, and nothing runs again")
    func unreadable() async throws {
        try await withService { service in
            _ = try await service.send("/group", key: "k")
            try await service.database.pool.execute("UPDATE idempotency.keys SET sealed_with = 'lost'")
            let answer = try await service.send("/group", key: "k")
            answer.expectProblem(.outcomeUnreadable)
            #expect(!answer.text.contains("coffee") && answer.headers[.effect] == nil)
            #expect(try await service.effects() == ["coffee"])
        }
    }
}
