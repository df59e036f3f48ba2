import HTTPTypes
import Hummingbird
import HummingbirdIdempotency
import HummingbirdTesting
import Idempotency
import LibPQ
import TestSupport
import Testing

@Suite("Idempotency-Key-Expires", .timeLimit(.minutes(2)))
struct KeyExpiryTests {
    @Test(
        "is the row's, rounded down to a Date of RFC 9651, on the first answer and each replay",
        arguments: Form.allCases)
    func stored(form: Form) async throws {
        try await withService(policy: IdempotencyPolicy(retention: .hours(2))) { service in
            let first = try await service.send(form.path, key: "k")
            let expiry = try await service.database.pool.queryRow(
                "SELECT '@' || floor(extract(epoch FROM expires_at))::bigint FROM idempotency.keys"
            ).decode(String.self)
            #expect(first.headers[values: .idempotencyKeyExpires] == [expiry])
            for _ in 1...2 { try await service.send(form.path, key: "k").expectReplay(of: first) }
        }
    }

    @Test("is on the answer of a final error, and in place of what a handler says")
    func finalError() async throws {
        try await withService { _, _, _ in
            throw HTTPError(.conflict, headers: [.idempotencyKeyExpires: "@1"], message: "no")
        } _: { service in
            let first = try await service.send("/group", key: "k")
            let expiry = try #require(first.headers[.idempotencyKeyExpires])
            #expect(expiry.hasPrefix("@") && expiry != "@1")
            try await service.send("/group", key: "k").expectReplay(of: first)
        }
    }

    @Test("is on nothing that is not stored", arguments: [500, 503])
    func notStored(status: Int) async throws {
        try await withService { request, _, _ in
            let headers: HTTPFields = [.idempotencyKeyExpires: "@1", .idempotentReplayed: "true"]
            let answer = Response(status: HTTPResponse.Status(code: status), headers: headers)
            if request.headers[.principal] == "thrower" { throw HTTPError(answer.status) }
            return answer
        } _: { service in
            for principal in ["alice", "thrower"] {
                let answer = try await service.send("/group", key: "k", principal: principal)
                #expect(answer.status.code == status)
                #expect(answer.headers[.idempotencyKeyExpires] == nil)
                #expect(!answer.isReplay)
            }
        }
    }

    @Test("is on no refusal")
    func refusals() async throws {
        try await withService { service in
            _ = try await service.send("/group", key: "k")
            for (key, body) in [("k", "tea"), ("", "coffee"), ("new", String(repeating: "x", count: 2 << 20))] {
                let refusal = try await service.send("/group", key: key, body: body)
                #expect(refusal.status.kind == .clientError)
                #expect(refusal.headers[.idempotencyKeyExpires] == nil)
            }
        }
    }
}
