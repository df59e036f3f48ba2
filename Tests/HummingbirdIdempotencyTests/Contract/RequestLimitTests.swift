import HTTPTypes
import Hummingbird
import HummingbirdIdempotency
import HummingbirdTesting
import Idempotency
import TestSupport
import Testing

@Suite("request body over the limit (default 1 MiB)", .timeLimit(.minutes(2)))
struct RequestLimitTests {
    @Test(
        "Row 16: 413, nothing stored, the handler does not run; at the limit: accepted", arguments: Form.allCases)
    func requestBody(form: Form) async throws {
        try await withService(policy: IdempotencyPolicy(maximumRequestBody: 100)) { service in
            let over = try await service.send(form.path, key: "k", body: String(repeating: "x", count: 101))
            over.expectProblem(.requestTooLarge)
            #expect(try await service.keys() == 0)
            #expect(try await service.effects().isEmpty)
            let at = try await service.send(form.path, key: "k", body: String(repeating: "x", count: 100))
            #expect(at.status == .created)
        }
    }

    @Test("413, too, when the request does not say its length")
    func requestBodyWithoutLength() async throws {
        // The router framework sends no Content-Length.
        try await withService(policy: IdempotencyPolicy(maximumRequestBody: 100), setup: .router) { service in
            try await service.send("/group", key: "k", body: String(repeating: "x", count: 101))
                .expectProblem(.requestTooLarge)
            #expect(try await service.send("/group", key: "k", body: "short").status == .created)
        }
    }

    @Test("the limit is 1 MiB by default")
    func defaultLimit() async throws {
        try await withService { _, _, _ in
            Response(status: .ok)
        } _: { service in
            let mebibyte = String(repeating: "x", count: 1 << 20)
            #expect(try await service.send("/route", key: "a", body: mebibyte).status == .ok)
            try await service.send("/route", key: "b", body: mebibyte + "x").expectProblem(.requestTooLarge)
        }
    }
}
