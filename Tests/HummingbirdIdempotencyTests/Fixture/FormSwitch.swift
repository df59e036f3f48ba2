import HTTPTypes
import Hummingbird
import HummingbirdIdempotency
import Idempotency

/// A group whose policy the request names: a deployment that changes the policy between the first request and its retry.
struct FormSwitch: RouterMiddleware {
    typealias Context = TestContext

    /// The replay form of the policy, and whether the group has a renderer.
    enum Door: String, CaseIterable, Sendable {
        case snapshot, reference, none
        case snapshotWithRenderer

        var form: ReplayForm {
            switch self {
            case .snapshot, .snapshotWithRenderer: .snapshot
            case .reference: .reference
            case .none: .none
            }
        }

        var hasRenderer: Bool { self == .reference || self == .snapshotWithRenderer }
    }

    private let doors: [Door: IdempotencyMiddleware<TestContext>]

    init(_ idempotency: Idempotency, render: @escaping ReplayRenderer<TestContext>) {
        doors = Dictionary(
            uniqueKeysWithValues: Door.allCases.map { door in
                var policy = idempotency.policy
                policy.replay = door.form
                let middleware = IdempotencyMiddleware<TestContext>(
                    idempotency, policy: policy, render: door.hasRenderer ? render : nil
                ) { _, _ in "acme" }
                return (door, middleware)
            })
    }

    func handle(
        _ request: Request, context: TestContext, next: (Request, TestContext) async throws -> Response
    ) async throws -> Response {
        guard let door = request.headers[.door].flatMap(Door.init), let middleware = doors[door] else {
            throw HTTPError(.badRequest)
        }
        return try await middleware.handle(request, context: context, next: next)
    }
}

extension HTTPField.Name {
    /// Which door of a ``FormSwitch`` a request takes.
    static let door = HTTPField.Name("X-Door")!
}
