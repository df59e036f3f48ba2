import HTTPTypes
import Hummingbird
import HummingbirdIdempotency
import HummingbirdTesting
import TestSupport
import Testing

@Suite("same key, other principal", .timeLimit(.minutes(2)))
struct PrincipalTests {
    @Test("another key altogether", arguments: Form.allCases)
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

    @Test("with another request, too: there is no mismatch between principals")
    func otherRequest() async throws {
        try await withService { service in
            _ = try await service.send("/group", key: "k", principal: "alice")
            #expect(try await service.send("/group", key: "k", body: "tea", principal: "bob").text == "effect 2: tea")
        }
    }
}
