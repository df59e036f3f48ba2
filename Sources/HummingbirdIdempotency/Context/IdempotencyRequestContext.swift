public import Hummingbird
public import LibPQ

/// A request context with room for the transaction that ``IdempotencyMiddleware`` opens.
///
/// ```swift
/// struct AppContext: IdempotencyRequestContext {
///     var coreContext: CoreRequestContextStorage
///     var idempotency = IdempotencyContext()
///     init(source: Source) { coreContext = .init(source: source) }
/// }
/// ```
/// A child context that transforms this one must copy ``idempotency`` along.
public protocol IdempotencyRequestContext: RequestContext {
    /// The state of the protection. Starts as `IdempotencyContext()`; only the middleware changes it.
    var idempotency: IdempotencyContext { get set }
}

extension IdempotencyRequestContext {
    /// The transaction in which this request's key is claimed and its answer will be committed.
    ///
    /// What the handler writes here is committed together with the answer, or not at all.
    /// - Throws: ``UnprotectedRouteError`` (500) when the request did not pass ``IdempotencyMiddleware``: the route lies outside its
    ///   group, its method is not one of the policy's, or the key is optional and the request has none.
    public func requireTransaction() throws(UnprotectedRouteError) -> PostgresTransaction {
        guard let transaction = idempotency.transaction else { throw UnprotectedRouteError() }
        return transaction
    }
}
