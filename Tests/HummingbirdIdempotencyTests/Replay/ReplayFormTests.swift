import HTTPTypes
import Hummingbird
import HummingbirdIdempotency
import HummingbirdTesting
import Idempotency
import LibPQ
import NIOCore
import TestSupport
import Testing

@Suite("The form of replays", .timeLimit(.minutes(2)))
struct ReplayFormTests {
    private struct Broken: Error {}

    /// Issues a secret, or declines.
    private static let issue: ProtectedService.Handler = { request, context, transaction in
        if request.headers[.effect] == "decline" { throw HTTPError(.init(code: 402), message: "no money") }
        var response = try await ProtectedService.insert(request, context, transaction)
        response.headers[.location] = "/secrets/7"
        response.headers[.idempotencyResource] = "7"
        return response
    }

    /// Alice owns the secret; Bob may know that there is one; it is gone for Carol; Dave makes trouble.
    private static let render: ReplayRenderer<TestContext> = { request, _, reference in
        switch request.headers[.principal] {
        case "alice": "\(reference.resource ?? "?") at \(reference.location ?? "?"), \(reference.status.code)"
        case "bob": Response(status: .accepted, headers: [.idempotencyResource: "7"])
        case "carol": throw HTTPError(.notFound, message: "gone")
        default: throw Broken()
        }
    }

    private func withSecrets(
        policy: IdempotencyPolicy = IdempotencyPolicy(), handler: @escaping ProtectedService.Handler = issue,
        _ test: @escaping @Sendable (ProtectedService) async throws -> Void
    ) async throws {
        let routes = ExtraRoutes { router, idempotency in
            router.group("secrets").add(middleware: FormSwitch(idempotency, render: Self.render))
                .post { request, context in try await handler(request, context, context.requireTransaction()) }
        }
        try await withService(policy: policy, extra: routes, test)
    }

    /// A first answer that was followed by a change of the policy, and what a retry gets then.
    struct Change: Sendable, CustomTestStringConvertible {
        let first: FormSwitch.Door
        let then: FormSwitch.Door
        let replay: Replay
        var testDescription: String { "\(first.rawValue), then \(then.rawValue): \(replay)" }

        enum Replay { case whole, rendered, withheld }

        init(_ first: FormSwitch.Door, _ then: FormSwitch.Door, _ replay: Replay) {
            self.first = first
            self.then = then
            self.replay = replay
        }
    }

    @Test(
        "is the policy's, or the stricter of its own and the policy's after a change; the handler never runs again",
        arguments: [
            Change(.snapshot, .snapshot, .whole), Change(.snapshot, .snapshotWithRenderer, .whole),
            Change(.snapshot, .reference, .rendered), Change(.snapshot, .none, .withheld),
            Change(.reference, .reference, .rendered), Change(.reference, .snapshotWithRenderer, .rendered),
            Change(.reference, .snapshot, .withheld), Change(.reference, .none, .withheld),
            Change(.none, .none, .withheld), Change(.none, .snapshotWithRenderer, .withheld),
            Change(.none, .reference, .withheld), Change(.none, .snapshot, .withheld),
        ])
    func change(_ change: Change) async throws {
        try await withSecrets { service in
            let first = try await service.send("/secrets", key: "k", headers: [.door: change.first.rawValue])
            #expect(first.status == .created)
            #expect(first.text == "effect 1: coffee")
            #expect(first.headers[.location] == "/secrets/7")
            #expect(first.headers[.setCookie] != nil)
            #expect(first.headers[.idempotencyKeyExpires] != nil)
            #expect(first.headers[.idempotencyResource] == nil)
            for _ in 1...2 {
                let retry = try await service.send("/secrets", key: "k", headers: [.door: change.then.rawValue])
                #expect(retry.headers[.idempotencyResource] == nil)
                switch change.replay {
                case .whole:
                    retry.expectReplay(of: first)
                case .rendered:
                    #expect(retry.isReplay)
                    #expect(retry.status == .ok)
                    #expect(retry.text == "7 at /secrets/7, 201")
                    #expect(retry.headers[.idempotencyKeyExpires] == first.headers[.idempotencyKeyExpires])
                case .withheld:
                    retry.expectProblem(.answerWithheld)
                    #expect(retry.headers[.location] == "/secrets/7")
                    #expect(retry.headers[.idempotencyKeyExpires] == nil)
                    #expect(!retry.text.contains("coffee"))
                }
            }
            #expect(try await service.effects() == ["coffee"])
        }
    }

    @Test("reference: shows each caller what it may see now, and what the renderer throws reaches it as it was thrown")
    func callers() async throws {
        try await withSecrets { service in
            let headers: HTTPFields = [.door: "reference", .prefer: "wait=1"]
            _ = try await service.send("/secrets", key: "k", headers: headers)
            let bob = try await service.send("/secrets", key: "k", principal: "bob", headers: headers)
            #expect(bob.status == .accepted && bob.isReplay && bob.text.isEmpty)
            #expect(bob.headers[.idempotencyResource] == nil)
            #expect(bob.headers[.preferenceApplied] == "wait=1")

            let carol = try await service.send("/secrets", key: "k", principal: "carol", headers: headers)
            #expect(carol.status == .notFound && !carol.isReplay)
            #expect(carol.headers[.idempotencyKeyExpires] == nil)
            #expect((service.errors.all.last as? HTTPError)?.status == .notFound)

            let dave = try await service.send("/secrets", key: "k", principal: "dave", headers: headers)
            #expect(dave.status == .internalServerError && !dave.isReplay)
            #expect(service.errors.all.last is Broken)
            // Nothing of it is stored.
            #expect(try await service.send("/secrets", key: "k", headers: headers).text.hasPrefix("7 at"))
            #expect(try await service.effects() == ["coffee"])
        }
    }

    @Test(
        "none: a duplicate that waited for the first answer does not get it either", arguments: ["none", "reference"])
    func waiter(door: String) async throws {
        let (started, gate, runs) = (Gate(), Gate(), Counter())
        let handler: ProtectedService.Handler = { request, context, transaction in
            runs.increment()
            started.open()
            try await gate.pass()
            return try await Self.issue(request, context, transaction)
        }
        try await withSecrets(policy: IdempotencyPolicy(waitBudget: .seconds(30)), handler: handler) { service in
            let headers: HTTPFields = [.door: door, .prefer: "wait=10"]
            async let first = service.send("/secrets", key: "k", headers: headers)
            defer { gate.open() }
            try await started.pass()
            async let retry = service.send("/secrets", key: "k", headers: headers)
            gate.open()
            #expect(try await first.text == "effect 1: coffee")
            let answer = try await retry
            #expect(!answer.text.contains("coffee"))
            #expect(answer.status == (door == "none" ? .conflict : .ok))
            #expect(answer.headers[.preferenceApplied] == "wait=10")
            #expect(runs.value == 1)
        }
    }

    @Test("of an error is whole, whatever the policy says", arguments: FormSwitch.Door.allCases)
    func errors(door: FormSwitch.Door) async throws {
        try await withSecrets { service in
            let headers: HTTPFields = [.door: door.rawValue, .effect: "decline"]
            let first = try await service.send("/secrets", key: "k", headers: headers)
            #expect(first.status.code == 402)
            for then in FormSwitch.Door.allCases {
                let headers: HTTPFields = [.door: then.rawValue, .effect: "decline"]
                try await service.send("/secrets", key: "k", headers: headers).expectReplay(of: first)
            }
        }
    }

    @Test("is the same for one route as for a group")
    func route() async throws {
        let routes = ExtraRoutes { router, idempotency in
            router.post(
                "reference", idempotent: idempotency, policy: IdempotencyPolicy(replay: .reference),
                render: Self.render,
                scope: { _, _ in "acme" }, use: Self.issue)
            router.put(
                "none", idempotent: idempotency, policy: IdempotencyPolicy(replay: .none), scope: { _, _ in "acme" },
                use: Self.issue)
        }
        try await withService(extra: routes) { service in
            #expect(try await service.send("/reference", key: "a").status == .created)
            #expect(try await service.send("/reference", key: "a").text == "7 at /secrets/7, 201")
            #expect(try await service.send("/none", method: .put, key: "b").status == .created)
            try await service.send("/none", method: .put, key: "b").expectProblem(.answerWithheld)
        }
    }

    @Test("reference, without a renderer: stops the process at start-up and says why")
    func noRenderer() async throws {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            let pool = PostgresPool(configuration: try PostgresPool.Configuration(url: "postgresql://127.0.0.1:1/x"))
            let policy = IdempotencyPolicy(replay: .reference)
            _ = IdempotencyMiddleware<TestContext>(Idempotency(pool: pool), policy: policy) { _, _ in "acme" }
        }
        let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(message.contains("the route has no render: closure"))
    }
}
