import Hummingbird
import Idempotency

/// Routes that one test adds to the service.
struct ExtraRoutes {
    let add: (Router<TestContext>, Idempotency) -> Void

    static var none: ExtraRoutes { ExtraRoutes { _, _ in } }
}
