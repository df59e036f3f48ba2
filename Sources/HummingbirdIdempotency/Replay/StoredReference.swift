public import HTTPTypes
import Idempotency

/// What is stored of an answer under `ReplayForm.reference`: enough to find its resource and answer anew.
public struct StoredReference: Sendable, Hashable {
    /// The first answer's status, below 400: errors are stored whole.
    public var status: HTTPResponse.Status

    /// The first answer's `Location`, if it had one.
    public var location: String?

    /// The `Idempotency-Resource` that the handler set on its answer, if it did.
    public var resource: String?

    /// Makes a reference, for instance to test a ``ReplayRenderer``.
    public init(status: HTTPResponse.Status, location: String? = nil, resource: String? = nil) {
        self.status = status
        self.location = location
        self.resource = resource
    }

    init(_ outcome: Outcome) {
        self.init(
            status: HTTPResponse.Status(code: outcome.status), location: outcome.headers[.location],
            resource: outcome.headers[.idempotencyResource])
    }
}
