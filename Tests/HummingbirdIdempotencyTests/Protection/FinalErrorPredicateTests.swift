import HTTPTypes
import Hummingbird
import HummingbirdIdempotency
import HummingbirdTesting
import Idempotency
import LibPQ
import TestSupport
import Testing

@Suite("A policy that decides itself which errors are final", .timeLimit(.minutes(2)))
struct FinalErrorPredicateTests {
    /// An error that a service knows to be final or not, whatever its status.
    private struct Declined: HTTPResponseError {
        let isFinal: Bool
        var status = HTTPResponse.Status.badRequest
        var answered: HTTPResponse.Status?

        func response(from request: Request, context: some RequestContext) throws -> Response {
            Response(status: answered ?? status)
        }
    }

    private static let policy = IdempotencyPolicy(isFinal: { error, _ in (error as? Declined)?.isFinal == true })

    @Test("is asked about the error in place of the statuses", arguments: [true, false], [400, 402, 409])
    func asked(isFinal: Bool, status: Int) async throws {
        let runs = Counter()
        try await withService(policy: Self.policy) { _, _, transaction in
            runs.increment()
            try await transaction.execute("INSERT INTO effects (note) VALUES ('undone')")
            throw Declined(isFinal: isFinal, status: .init(code: status))
        } _: { service in
            let first = try await service.send("/group", key: "k")
            let second = try await service.send("/group", key: "k")
            #expect(first.status.code == status && second.status.code == status)
            #expect(second.isReplay == isFinal)
            #expect(runs.value == (isFinal ? 1 : 2))
            #expect(try await service.keys() == (isFinal ? 1 : 0))
            #expect(try await service.effects().isEmpty)
        }
    }

    @Test(
        "is not asked about an error, or its answer, that is no fault of the client",
        arguments: [(500, nil), (503, nil), (303, nil), (400, 500), (500, 400)] as [(Int, Int?)])
    func notAsked(status: Int, answered: Int?) async throws {
        let answered = answered ?? status
        try await withService(policy: Self.policy) { _, _, _ in
            throw Declined(isFinal: true, status: .init(code: status), answered: .init(code: answered))
        } _: { service in
            let answer = try await service.send("/group", key: "k")
            #expect(answer.status.code == answered)
            #expect(try await service.keys() == 0)
        }
    }

    @Test("is told the status that the client gets")
    func statuses() async throws {
        let policy = IdempotencyPolicy(isFinal: { _, status in [400, 404].contains(status) })
        try await withService(policy: policy) { request, _, _ in
            let answered: HTTPResponse.Status = request.headers[.principal] == "alice" ? .notFound : .conflict
            throw Declined(isFinal: true, answered: answered)
        } _: { service in
            _ = try await service.send("/group", key: "k", principal: "alice")
            #expect(try await service.send("/group", key: "k", principal: "alice").isReplay)
            _ = try await service.send("/group", key: "k", principal: "bob")
            #expect(try await service.send("/group", key: "k", principal: "bob").isReplay == false)
        }
    }
}
