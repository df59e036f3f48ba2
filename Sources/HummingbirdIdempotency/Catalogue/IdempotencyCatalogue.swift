import HTTPTypes
public import Hummingbird
import Idempotency

/// The protected routes of a router, with the rules of each: what clients can be told about them.
///
/// ```swift
/// let router = Router(context: AppContext.self)
/// let catalogue = IdempotencyCatalogue(of: router)
/// router.group("payments", protectedBy: IdempotencyMiddleware(idempotency, scope: tenant), listedIn: catalogue)
///     .post { ... }
/// router.post("accounts", idempotent: idempotency, listedIn: catalogue, scope: tenant) { ... }
/// router.idempotencyDiscovery(catalogue)
/// ```
/// A route is listed by the call that protects it, with the rules that it applies, and its path is read back from the router. So a
/// route that is listed exists and does what is said of it. A route that is protected without `listedIn:` is not made known.
///
/// Like the router itself, it is filled by one task, before the server starts.
public final class IdempotencyCatalogue {
    private var routes: [ProtectedRoute] = []
    private var isPublished = false
    private let endpoints: () -> Set<Endpoint>

    /// Makes an empty catalogue.
    /// - Parameter router: the router to which the routes are added, directly or through groups.
    public init<Context>(of router: Router<Context>) {
        endpoints = { Set(router.routes.map { Endpoint(method: $0.method, path: $0.path.description) }) }
    }

    /// Lists the one route that `register` adds to the router.
    /// - Precondition: nothing was published yet, and the route goes to the catalogue's router.
    func list(_ policy: IdempotencyPolicy, _ options: IdempotencyOptions, _ register: () -> Void) {
        precondition(!isPublished, "A protected route is added after the catalogue was published. Publish it last.")
        let before = endpoints()
        register()
        guard let endpoint = endpoints().subtracting(before).first else {
            preconditionFailure("A protected route is added to another router than its catalogue's.")
        }
        routes.append(
            ProtectedRoute(method: endpoint.method, path: endpoint.path, policy: policy, options: options))
    }

    /// The routes, in the order in which they were added. After this no route can be listed: whoever asked would not know of it.
    public func publish() -> [ProtectedRoute] {
        isPublished = true
        return routes
    }

    private struct Endpoint: Hashable {
        let method: HTTPRequest.Method
        let path: String
    }
}
