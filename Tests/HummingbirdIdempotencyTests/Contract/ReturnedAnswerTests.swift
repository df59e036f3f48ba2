import HTTPTypes
import Hummingbird
import HummingbirdIdempotency
import HummingbirdTesting
import LibPQ
import TestSupport
import Testing

@Suite("handler returned < 500", .timeLimit(.minutes(2)))
struct ReturnedAnswerTests {
    @Test(
        "the answer is stored and replayed, errors too; the writes are kept",
        arguments: [200, 204, 303, 400, 409, 499])
    func returned(status: Int) async throws {
        try await withService { _, _, transaction in
            try await transaction.execute("INSERT INTO effects (note) VALUES ('kept')")
            return Response(status: HTTPResponse.Status(code: status), headers: [.effect: "1"])
        } _: { service in
            let first = try await service.send("/group", key: "k")
            #expect(first.status.code == status)
            try await service.send("/group", key: "k").expectReplay(of: first)
            #expect(try await service.effects() == ["kept"])
        }
    }
}
