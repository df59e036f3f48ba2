import HTTPTypes
import Hummingbird
import HummingbirdIdempotency
import HummingbirdTesting
import Idempotency
import Synchronization
import TestSupport
import Testing

@Suite("A caller that may not ask any more", .timeLimit(.minutes(2)))
struct AuthorizationTests {
    /// The bearer tokens of a service, which its operator can revoke.
    private final class Tokens: Sendable {
        enum State { case valid, revoked, forbidden }

        private let states = Mutex<[String: State]>(["token": .valid])

        subscript(token: String?) -> State {
            get { states.withLock { $0[token ?? ""] ?? .revoked } }
            set { states.withLock { $0[token ?? ""] = newValue } }
        }

        /// What a service's authentication and authorization do.
        func check(_ request: Request) throws {
            let field = request.headers[.authorization] ?? ""
            switch self[field.hasPrefix("Bearer ") ? String(field.dropFirst(7)) : nil] {
            case .valid: break
            case .revoked: throw HTTPError(.unauthorized, headers: [.wwwAuthenticate: "Bearer"])
            case .forbidden: throw HTTPError(.forbidden)
            }
        }
    }

    private struct TokenMiddleware: RouterMiddleware {
        typealias Context = TestContext
        let tokens: Tokens

        func handle(
            _ request: Request, context: TestContext, next: (Request, TestContext) async throws -> Response
        ) async throws -> Response {
            try tokens.check(request)
            return try await next(request, context)
        }
    }

    /// Sends a first request, takes the token's rights, and retries; then gives them back.
    private func revoke(
        _ door: FormSwitch.Door, _ state: Tokens.State, expecting status: HTTPResponse.Status, tokens: Tokens,
        _ service: ProtectedService
    ) async throws {
        let headers: HTTPFields = [.door: door.rawValue, .authorization: "Bearer token"]
        let first = try await service.send("/secrets", key: "k", headers: headers)
        #expect(first.status == .created)

        tokens["token"] = state
        let retry = try await service.send("/secrets", key: "k", headers: headers)
        #expect(retry.status == status)
        #expect(!retry.isReplay)
        #expect(!retry.text.contains("coffee") && !retry.text.contains("rendered"))
        for name in [HTTPField.Name.location, .effect, .idempotencyKeyExpires] { #expect(retry.headers[name] == nil) }

        tokens["token"] = .valid
        let allowed = try await service.send("/secrets", key: "k", headers: headers)
        #expect(allowed.status == (door == .none ? .conflict : .created))
        #expect(try await service.effects() == ["coffee"])
    }

    private static let answer: ProtectedService.Handler = { request, context, transaction in
        var response = try await ProtectedService.insert(request, context, transaction)
        response.headers[.location] = "/secrets/7"
        return response
    }

    @Test(
        "is refused before the look-up, and gets nothing of what is stored",
        arguments: FormSwitch.Door.allCases,
        [(Tokens.State.revoked, HTTPResponse.Status.unauthorized), (.forbidden, .forbidden)])
    private func middleware(door: FormSwitch.Door, refusal: (Tokens.State, HTTPResponse.Status)) async throws {
        let (tokens, renders) = (Tokens(), Counter())
        let routes = ExtraRoutes { router, idempotency in
            router.group("secrets")
                .add(middleware: TokenMiddleware(tokens: tokens))
                .add(
                    middleware: FormSwitch(idempotency) { _, _, reference in
                        renders.increment()
                        return Response(status: reference.status, headers: [.effect: "rendered"])
                    }
                )
                .post { request, context in
                    try await Self.answer(request, context, context.requireTransaction())
                }
        }
        try await withService(extra: routes) { service in
            try await revoke(door, refusal.0, expecting: refusal.1, tokens: tokens, service)
            #expect(renders.value == (door == .reference ? 1 : 0))
        }
    }

    @Test(
        "is refused by the scope closure, too, which runs for every request",
        arguments: [ReplayForm.snapshot, .reference, .none])
    private func scope(form: ReplayForm) async throws {
        let (tokens, asked) = (Tokens(), Counter())
        let routes = ExtraRoutes { router, idempotency in
            router.post(
                "secrets", idempotent: idempotency, policy: IdempotencyPolicy(replay: form),
                render: { _, _, reference in Response(status: reference.status) },
                scope: { request, _ in
                    asked.increment()
                    try tokens.check(request)
                    return "acme"
                }, use: Self.answer)
        }
        try await withService(extra: routes) { service in
            let door: FormSwitch.Door = form == .none ? .none : form == .reference ? .reference : .snapshot
            try await revoke(door, .revoked, expecting: .unauthorized, tokens: tokens, service)
            #expect(asked.value == 3)
        }
    }
}
