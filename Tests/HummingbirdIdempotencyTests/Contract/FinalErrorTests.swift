import HTTPTypes
import Hummingbird
import HummingbirdIdempotency
import HummingbirdTesting
import Idempotency
import LibPQ
import TestSupport
import Testing

@Suite("handler threw 402, 404, 409, 410, 422 (policy)", .timeLimit(.minutes(2)))
struct FinalErrorTests {
    @Test(
        "the answer is stored and replayed, the writes are undone",
        arguments: [402, 404, 409, 410, 422])
    func final(status: Int) async throws {
        let runs = Counter()
        try await withService { _, _, transaction in
            runs.increment()
            try await transaction.execute("INSERT INTO effects (note) VALUES ('undone')")
            throw HTTPError(HTTPResponse.Status(code: status), headers: [.effect: "no"], message: "not today")
        } _: { service in
            for form in Form.allCases {
                let first = try await service.send(form.path, key: form.rawValue)
                #expect(first.status.code == status)
                #expect(first.text.contains("not today"))
                #expect(first.headers[.effect] == "no")
                try await service.send(form.path, key: form.rawValue).expectReplay(of: first)
            }
            #expect(runs.value == 2)
            #expect(try await service.effects().isEmpty)
            #expect(try await service.keys() == 2)
        }
    }

    @Test("what the router answers where there is no route is not stored: another version of the service may have one")
    func noRoute() async throws {
        let protected = ExtraRoutes { router, idempotency in
            router.add(middleware: IdempotencyMiddleware(idempotency) { _, _ in "anybody" })
        }
        try await withService(extra: protected) { service async throws in
            #expect(try await service.send("/none", key: "k").status == .notFound)
            #expect(try await service.keys() == 0)
        }
    }

    @Test("another status that the policy calls final is stored, and one that it does not is not")
    func policy() async throws {
        let runs = Counter()
        try await withService(policy: IdempotencyPolicy(finalStatuses: [400])) { _, _, _ in
            runs.increment()
            throw HTTPError(.badRequest, message: "for good")
        } _: { service in
            let first = try await service.send("/route", key: "k")
            try await service.send("/route", key: "k").expectReplay(of: first)
            #expect(runs.value == 1)
        }
        try await withService(policy: IdempotencyPolicy(finalStatuses: [400])) { _, _, _ in
            throw HTTPError(.notFound)
        } _: { service in
            let answer = try await service.send("/route", key: "k")
            #expect(answer.status == .notFound)
            #expect(try await service.keys() == 0)
        }
    }
}
