import HTTPTypes
import Hummingbird
import HummingbirdIdempotency

extension Router<PaymentsContext> {
    /// Answers 405 with `Allow` where a path exists and the method does not (RFC 9110 section 15.5.6); Hummingbird says 404.
    ///
    /// Call it last: it looks at the routes that are there.
    func refuseOtherMethods() {
        let methods: Set<HTTPRequest.Method> = [
            .get, .head, .post, .put, .patch, .delete, .options, .trace, .connect, .query,
        ]
        for (path, routes) in Dictionary(grouping: routes, by: \.path.description) {
            var allowed = Set(routes.map(\.method))
            if allowed.contains(.get) { allowed.insert(.head) }  // made by the router
            let names = allowed.map(\.rawValue).sorted().joined(separator: ", ")
            for method in methods.subtracting(allowed) {
                on(RouterPath(path), method: method) { _, _ -> Response in
                    throw Problem(
                        status: .methodNotAllowed, detail: "The methods of this address are \(names).",
                        headers: [.allow: names])
                }
            }
        }
    }
}

extension HTTPRequest.Method {
    /// A safe request with a body (draft-ietf-httpbis-safe-method-w-body).
    fileprivate static let query = Self("QUERY")!
}
