import HTTPTypes
import Hummingbird
import HummingbirdIdempotency
import HummingbirdTesting
import TestSupport
import Testing

@Suite("first request", .timeLimit(.minutes(2)))
struct FirstRequestTests {
    @Test("gets the handler's own answer", arguments: Form.allCases)
    func answer(form: Form) async throws {
        let runs = Counter()
        try await withService { request, context, transaction in
            runs.increment()
            return try await ProtectedService.insert(request, context, transaction)
        } _: { service in
            let answer = try await service.send(form.path, key: "k")
            #expect(answer.status == .created)
            #expect(answer.text == "effect 1: coffee")
            #expect(answer.headers[.effect] == "1")
            #expect(answer.headers[.contentType] == "text/plain")
            #expect(answer.headers[.setCookie] == "session=1")
            #expect(!answer.isReplay)
            #expect(runs.value == 1)
            #expect(try await service.effects() == ["coffee"])
        }
    }

    @Test("is any with a key of its own, even if all else is the same")
    func otherKey() async throws {
        try await withService { service in
            #expect(try await service.send("/route", key: "a").text == "effect 1: coffee")
            let second = try await service.send("/route", key: "b")
            #expect(second.text == "effect 2: coffee" && !second.isReplay)
        }
    }
}
