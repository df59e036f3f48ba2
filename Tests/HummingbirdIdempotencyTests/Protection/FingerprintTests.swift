import HTTPTypes
import Hummingbird
import HummingbirdIdempotency
import HummingbirdTesting
import Idempotency
import TestSupport
import Testing

@Suite("A policy that says what makes two requests the same", .timeLimit(.minutes(2)))
struct FingerprintTests {
    @Test("by its own rule, from the head and the whole body", arguments: Form.allCases)
    func custom(form: Form) async throws {
        let rule = FingerprintRule.custom { request, body in
            #expect(request.path == form.path + "?try=1" || request.path == form.path + "?try=2")
            return Fingerprint(hashing: body.prefix(3) + Array((request.headerFields[.effect] ?? "").utf8))
        }
        try await withService(policy: IdempotencyPolicy(fingerprint: rule)) { service in
            let first = try await service.send(
                form.path + "?try=1", key: "k", body: "tea, now", headers: [.effect: "1"])
            #expect(first.text == "effect 1: tea, now")
            try await service.send(form.path + "?try=2", key: "k", body: "tea, please", headers: [.effect: "1"])
                .expectReplay(of: first)
            try await service.send(form.path + "?try=2", key: "k", body: "tea, now", headers: [.effect: "2"])
                .expectProblem(.mismatch)
            try await service.send(form.path + "?try=1", key: "k", body: "coffee", headers: [.effect: "1"])
                .expectProblem(.mismatch)
        }
    }

    @Test("by canonical JSON, and a header field besides")
    func canonical() async throws {
        let rule = FingerprintRule.canonicalJSON.including(fields: [.effect])
        try await withService(policy: IdempotencyPolicy(fingerprint: rule)) { service in
            let first = try await service.send("/group", key: "k", body: #"{"a": 1.0, "b": 2}"#)
            try await service.send("/group", key: "k", body: #"{"b":2,"a":1}"#).expectReplay(of: first)
            try await service.send("/group", key: "k", body: #"{"b":2,"a":1}"#, headers: [.effect: ""])
                .expectProblem(.mismatch)
            try await service.send("/group", key: "k", body: #"{"b":2,"a":2}"#).expectProblem(.mismatch)
        }
    }

    private struct Unreadable: Error {}

    @Test("that throws: its error travels as it was thrown, and nothing runs", arguments: [true, false])
    func throwing(knowsItsAnswer: Bool) async throws {
        let rule = FingerprintRule.custom { _, _ in
            if knowsItsAnswer { throw HTTPError(.badRequest, message: "no order in it") }
            throw Unreadable()
        }
        try await withService(policy: IdempotencyPolicy(fingerprint: rule), pool: .unreachable) { service in
            let answer = try await service.send("/group", key: "k")
            #expect(answer.status == (knowsItsAnswer ? .badRequest : .internalServerError))
            #expect(answer.text.contains("no order in it") == knowsItsAnswer)
            #expect(service.errors.all.first is Unreadable != knowsItsAnswer)
        }
    }
}
