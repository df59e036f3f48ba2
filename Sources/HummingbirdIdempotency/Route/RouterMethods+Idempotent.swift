public import HTTPTypes
public import Hummingbird
public import Idempotency
public import LibPQ

extension RouterMethods {
    /// Adds a protected route: a request runs at most once for its `Idempotency-Key`, and retries get the first answer again.
    ///
    /// The same protection as ``IdempotencyMiddleware`` gives a group, with the transaction as the handler's parameter; the context
    /// needs no room for it. A key is always required here, whatever the policy's `keyRequired` and `methods` say: the handler has
    /// no transaction without one.
    ///
    /// - Parameters:
    ///   - path: the path, relative to the group's.
    ///   - method: the method.
    ///   - idempotency: the engine.
    ///   - policy: the rules of this route; the engine's by default.
    ///   - options: how to answer.
    ///   - catalogue: where the route is listed; nowhere by default.
    ///   - render: answers replays of references; needed where the policy's `replay` is `.reference`.
    ///   - scope: who owns the key: the authenticated tenant or principal. Runs for every request.
    ///   - handler: the work. What it writes in the transaction is committed with its answer, or not at all. It may run again
    ///     for the same request after a serialization failure, so it does nothing that a rollback would not undo.
    /// - Returns: self, for the next route.
    /// - Precondition: `policy` is valid (`IdempotencyPolicy.validate()`), and there is a renderer if its `replay` needs one.
    @discardableResult
    public func on(
        _ path: RouterPath = "", method: HTTPRequest.Method, idempotent idempotency: Idempotency,
        policy: IdempotencyPolicy? = nil, options: IdempotencyOptions = .init(),
        listedIn catalogue: IdempotencyCatalogue? = nil, render: ReplayRenderer<Context>? = nil,
        scope: @escaping @Sendable (Request, Context) async throws -> String,
        use handler: @escaping @Sendable (Request, Context, PostgresTransaction) async throws -> some ResponseGenerator
    ) -> Self {
        var policy = policy ?? idempotency.policy
        policy.keyRequired = true
        let protection = RequestProtection(
            idempotency, policy: policy, options: options, render: render, scope: scope)
        let register = {
            _ = on(path, method: method) { request, context in
                try await protection.respond(to: request, context: context) { request, context, transaction in
                    try await handler(request, context, transaction).response(from: request, context: context)
                }
            }
        }
        if let catalogue { catalogue.list(policy, options, register) } else { register() }
        return self
    }

    /// Adds a protected POST route: ``on(_:method:idempotent:policy:options:listedIn:render:scope:use:)``.
    ///
    /// ```swift
    /// router.post("payments", idempotent: idempotency, scope: { _, context in context.tenant }) { request, context, transaction in
    ///     ...
    /// }
    /// ```
    @discardableResult
    public func post(
        _ path: RouterPath = "", idempotent idempotency: Idempotency, policy: IdempotencyPolicy? = nil,
        options: IdempotencyOptions = .init(), listedIn catalogue: IdempotencyCatalogue? = nil,
        render: ReplayRenderer<Context>? = nil, scope: @escaping @Sendable (Request, Context) async throws -> String,
        use handler: @escaping @Sendable (Request, Context, PostgresTransaction) async throws -> some ResponseGenerator
    ) -> Self {
        on(
            path, method: .post, idempotent: idempotency, policy: policy, options: options, listedIn: catalogue,
            render: render, scope: scope, use: handler)
    }

    /// Adds a protected PATCH route: ``on(_:method:idempotent:policy:options:listedIn:render:scope:use:)``.
    @discardableResult
    public func patch(
        _ path: RouterPath = "", idempotent idempotency: Idempotency, policy: IdempotencyPolicy? = nil,
        options: IdempotencyOptions = .init(), listedIn catalogue: IdempotencyCatalogue? = nil,
        render: ReplayRenderer<Context>? = nil, scope: @escaping @Sendable (Request, Context) async throws -> String,
        use handler: @escaping @Sendable (Request, Context, PostgresTransaction) async throws -> some ResponseGenerator
    ) -> Self {
        on(
            path, method: .patch, idempotent: idempotency, policy: policy, options: options, listedIn: catalogue,
            render: render, scope: scope, use: handler)
    }

    /// Adds a protected PUT route: ``on(_:method:idempotent:policy:options:listedIn:render:scope:use:)``.
    ///
    /// PUT is idempotent in HTTP (RFC 9110 section 9.2.2); protect it when a repetition would still do harm, for instance by sending
    /// a second message.
    @discardableResult
    public func put(
        _ path: RouterPath = "", idempotent idempotency: Idempotency, policy: IdempotencyPolicy? = nil,
        options: IdempotencyOptions = .init(), listedIn catalogue: IdempotencyCatalogue? = nil,
        render: ReplayRenderer<Context>? = nil, scope: @escaping @Sendable (Request, Context) async throws -> String,
        use handler: @escaping @Sendable (Request, Context, PostgresTransaction) async throws -> some ResponseGenerator
    ) -> Self {
        on(
            path, method: .put, idempotent: idempotency, policy: policy, options: options, listedIn: catalogue,
            render: render, scope: scope, use: handler)
    }
}
