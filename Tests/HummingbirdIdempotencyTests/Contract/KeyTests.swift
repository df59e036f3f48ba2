import HTTPTypes
import Hummingbird
import HummingbirdIdempotency
import HummingbirdTesting
import Idempotency
import TestSupport
import Testing

@Suite("The key of a request", .timeLimit(.minutes(2)))
struct KeyTests {
    @Test("Missing: 400 before any SQL", arguments: Form.allCases)
    func missing(form: Form) async throws {
        try await withService(pool: .unreachable) { service in
            try await service.send(form.path, key: nil).expectProblem(.keyMissing)
            #expect(service.arrivals.value == 0)
        }
    }

    @Test(
        "Row 16: Malformed: 400 before any SQL",
        arguments: [
            "", "\"\"", String(repeating: "a", count: 256), "a b", "\"a b\"", "\"abc", "\"a\" \"b\"", "k\u{E9}y",
        ])
    func malformed(key: String) async throws {
        try await withService(pool: .unreachable) { service in
            let answer = try await service.send("/route", key: key)
            answer.expectProblem(.keyMalformed)
            #expect(service.arrivals.value == 0)
        }
    }

    @Test("Sent in several fields: 400")
    func several() async throws {
        try await withService(pool: .unreachable) { service in
            var headers = HTTPFields()
            headers.append(HTTPField(name: .idempotencyKey, value: "a"))
            headers.append(HTTPField(name: .idempotencyKey, value: "b"))
            try await service.send("/group", key: nil, headers: headers).expectProblem(.keyMalformed)
        }
    }

    @Test("Row 16: Of 1 and of 255 characters: accepted", arguments: [1, 255])
    func length(length: Int) async throws {
        try await withService { service in
            let key = String(repeating: "~", count: length)
            let first = try await service.send("/route", key: key)
            #expect(first.status == .created)
            try await service.send("/route", key: key).expectReplay(of: first)
        }
    }

    @Test("As an RFC 9651 string, with parameters, and bare: the same key")
    func spellings() async throws {
        try await withService { service in
            let first = try await service.send("/route", key: "abc")
            for spelling in ["\"abc\"", "\"abc\";p=1", "  abc "] {
                try await service.send("/route", key: spelling).expectReplay(of: first)
            }
            #expect(try await service.effects().count == 1)
        }
    }

    @Test("Bare in strict mode: 400; as a string: accepted", arguments: Form.allCases)
    func strict(form: Form) async throws {
        try await withService(policy: IdempotencyPolicy(keySyntax: .strict)) { service in
            try await service.send(form.path, key: "abc").expectProblem(.keyMalformed)
            #expect(try await service.send(form.path, key: "\"abc\"").status == .created)
        }
    }

    @Test("Of another principal: another key altogether", arguments: Form.allCases)
    func principals(form: Form) async throws {
        try await withService { service in
            let alice = try await service.send(form.path, key: "k", principal: "alice")
            let bob = try await service.send(form.path, key: "k", principal: "bob")
            #expect(!bob.isReplay)
            #expect(alice.text == "effect 1: coffee")
            #expect(bob.text == "effect 2: coffee")
            try await service.send(form.path, key: "k", principal: "alice").expectReplay(of: alice)
            try await service.send(form.path, key: "k", principal: "bob").expectReplay(of: bob)
        }
    }

    @Test("Of a caller who has lost access: authentication answers, not the store")
    func revoked() async throws {
        try await withService { service in
            _ = try await service.send("/group", key: "k")
            let answer = try await service.send("/group", key: "k", headers: [.authorization: "revoked"])
            #expect(answer.status == .unauthorized)
            #expect(answer.text.isEmpty)
        }
    }

    @Test("Never appears in a problem or in the log, and neither does the body")
    func secrecy() async throws {
        try await withService { service in
            _ = try await service.send("/group", key: "key-to-keep", body: "body-to-keep")
            let mismatch = try await service.send("/group", key: "key-to-keep", body: "other-body")
            mismatch.expectProblem(.mismatch)
            let malformed = try await service.send("/group", key: "\"key-to-keep")
            for text in [mismatch.text, malformed.text, service.log.text] {
                #expect(!text.contains("key-to-keep"))
                #expect(!text.contains("body-to-keep") && !text.contains("other-body"))
                #expect(!text.contains("INSERT") && !text.contains("SELECT"))
            }
        }
    }
}
