import HTTPTypes
import Hummingbird
import HummingbirdIdempotency
import HummingbirdTesting
import TestSupport
import Testing

@Suite("What nobody else may read", .timeLimit(.minutes(2)))
struct SecrecyTests {
    @Test("A caller who has lost access gets no stored answer: authentication runs first")
    func revoked() async throws {
        try await withService { service in
            _ = try await service.send("/group", key: "k")
            let answer = try await service.send("/group", key: "k", headers: [.authorization: "revoked"])
            #expect(answer.status == .unauthorized)
            #expect(answer.text.isEmpty)
        }
    }

    @Test("No problem and no line of the log holds a key, a body or SQL")
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
