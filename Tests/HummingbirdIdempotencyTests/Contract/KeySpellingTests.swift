import HTTPTypes
import Hummingbird
import HummingbirdIdempotency
import HummingbirdTesting
import Idempotency
import TestSupport
import Testing

@Suite(#"key as RFC 9651 string (`"abc"`) and bare (`abc`)"#, .timeLimit(.minutes(2)))
struct KeySpellingTests {
    @Test("the same key; parameters after the string are ignored")
    func spellings() async throws {
        try await withService { service in
            let first = try await service.send("/route", key: "abc")
            for spelling in ["\"abc\"", "\"abc\";p=1", "  abc "] {
                try await service.send("/route", key: spelling).expectReplay(of: first)
            }
            #expect(try await service.effects().count == 1)
        }
    }

    @Test("strict mode: bare is 400, a string is accepted", arguments: Form.allCases)
    func strict(form: Form) async throws {
        try await withService(policy: IdempotencyPolicy(keySyntax: .strict)) { service in
            try await service.send(form.path, key: "abc").expectProblem(.keyMalformed)
            let first = try await service.send(form.path, key: "\"abc\"")
            #expect(first.status == .created)
            try await service.send(form.path, key: "\"abc\"; p").expectReplay(of: first)
        }
    }
}
