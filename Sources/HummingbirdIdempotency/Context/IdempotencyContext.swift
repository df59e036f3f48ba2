public import LibPQ

/// What the middleware leaves in a request's context: the transaction in which the handler runs.
public struct IdempotencyContext: Sendable {
    /// The transaction of the protected request, `nil` where none runs. It has ended once the handler has returned; a copy of
    /// the context that outlives the request can read it, and every call on it throws.
    public internal(set) var transaction: PostgresTransaction?

    /// Makes the state of a request that is not protected (yet).
    public init() {
        transaction = nil
    }
}
