import HTTPTypes
import Idempotency

/// What the protection adds to the description of a service: the key's field, the answers of the protection, the fields of stored
/// answers. Made from the policies, so that the description says what the routes do.
///
/// ```swift
/// let document = OpenAPIFragment(catalogue).merged(into: service)   // a literal of the service's own paths
/// router.get("openapi.yaml") { _, _ in document.yaml }
/// ```
/// `OpenAPIFragment(catalogue).merged(into: [:]).yaml` is the fragment alone, for a document that is put together elsewhere.
///
/// For each route of the catalogue the operation gets the parameter `Idempotency-Key` (and `Prefer`, where it is followed) and a
/// response for each problem that its policy allows. A response that the service has for the same status stays, with the protection's
/// description, header fields and content beside its own. Responses that are stored get the fields of stored answers. A response that
/// the service gives as `$ref` stays a `$ref`: write it out where the protection shall complete it.
///
/// Source: OpenAPI 3.1.0 sections 4.8.10, 4.8.12, 4.8.17 and 4.8.21.
public struct OpenAPIFragment: Sendable {
    private let routes: [ProtectedRoute]

    /// Makes the fragment of all routes of a catalogue, which is published by it.
    public init(_ catalogue: IdempotencyCatalogue) {
        routes = catalogue.publish()
    }

    /// A document with the fragment worked in.
    public func merged(into document: OpenAPIValue) -> OpenAPIValue {
        var document = document
        var paths = document["paths"] ?? [:]
        var components = document["components"] ?? [:]
        for route in routes {
            let method = route.method.rawValue.lowercased()
            OpenAPIOperation(route.policy)
                .add(to: &paths[route.path, default: [:]][method, default: [:]], components: &components)
        }
        document["paths"] = paths
        document["components"] = components
        return document
    }
}

extension OpenAPIValue {
    fileprivate subscript(name: String, default value: OpenAPIValue) -> OpenAPIValue {
        get { self[name] ?? value }
        set { self[name] = newValue }
    }
}
