public import Hummingbird
public import Idempotency

/// Protects every route of a group: a request runs at most once for its `Idempotency-Key`, and retries get the first answer again.
///
/// ```swift
/// router.group("payments")
///     .add(middleware: IdempotencyMiddleware(idempotency) { request, context in try context.requireIdentity().tenant })
///     .post { request, context in
///         let order = try await request.decode(as: Order.self, context: context)
///         return try await payments.insert(order, in: context.requireTransaction())
///     }
/// ```
/// Only the policy's methods (POST and PATCH) are protected; others pass through. The handler works in the transaction of
/// `context.requireTransaction()`; its answer and the key are committed with it, before a byte leaves.
///
/// Put it after (inside) metrics, tracing, logging and authentication, so that those see every request, replays too, and a revoked
/// caller gets no stored answer. Middleware between it and the handler does not run for a replay.
///
/// - An error that the handler throws and the policy calls final (`finalStatuses`, `isFinal`) becomes a stored answer. A
///   `PostgresError` after which a retry may succeed becomes ``ProblemKind/unavailable`` or ``ProblemKind/outcomeUnknown``; any other
///   error is rethrown as it is. What the protection itself refuses is thrown as ``Problem``.
/// - Answers that are stored, and their replays, say until when in `Idempotency-Key-Expires`. Replays have `Idempotent-Replayed: true`.
/// - `Prefer: wait=N` (RFC 7240 section 4.3) takes the place of the policy's `waitBudget`, up to `maximumPreferredWait`.
///   `Preference-Applied` says so on every answer of the engine; not on 400, 413 and 431, nor on errors that travel on.
/// - Header fields over `maximumRequestHeaders` are refused before anything else, a body over `maximumRequestBody` before any SQL; so
///   is a body that breaks off (400).
///
/// ## What a replay repeats
/// The policy's `replay` decides. A `.snapshot` is the first answer, byte for byte. Of a `.reference` the answer is rendered again for each
/// retry, as the caller may see it now: see ``ReplayRenderer``. With `.none` a retry gets 409 (``ProblemKind/answerWithheld``) and the
/// first answer's `Location`; the handler never runs again.
///
/// The form is stored with the answer, and the stricter of that and the policy's counts: under a policy that was changed to `.none` or
/// `.reference`, answers that are stored whole are withheld or rendered, too, and a reference that meets a route without renderer is
/// withheld. Answers of 400 and more are stored and replayed whole under each form. First answers are always whole; they leave without
/// `Idempotency-Resource`, in which a handler names the resource to the renderer, and so do answers to requests that pass unprotected.
public struct IdempotencyMiddleware<Context: IdempotencyRequestContext>: RouterMiddleware {
    let protection: RequestProtection<Context>

    /// Makes the middleware.
    ///
    /// - Parameters:
    ///   - idempotency: the engine.
    ///   - policy: the rules of this group; the engine's by default. With `keyRequired` false a request without key runs
    ///     unprotected, and `requireTransaction()` throws in it.
    ///   - options: how to answer.
    ///   - render: answers replays of references; needed where the policy's `replay` is `.reference`.
    ///   - scope: who owns the key: the authenticated tenant or principal. A key means nothing outside its scope, so that nobody
    ///     can read another caller's answer. Runs for every request, before the body is read; what it throws is the answer.
    /// - Precondition: `policy` is valid (`IdempotencyPolicy.validate()`), and there is a renderer if its `replay` needs one.
    public init(
        _ idempotency: Idempotency, policy: IdempotencyPolicy? = nil, options: IdempotencyOptions = .init(),
        render: ReplayRenderer<Context>? = nil, scope: @escaping @Sendable (Request, Context) async throws -> String
    ) {
        protection = RequestProtection(idempotency, policy: policy, options: options, render: render, scope: scope)
    }

    /// Answers the request, from the handler or from the ledger.
    public func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard protects(request) else {
            var response = try await next(request, context)
            // The same handler answers with and without a key; what it says to the renderer leaves neither way.
            response.headers[.idempotencyResource] = nil
            return response
        }
        return try await protection.respond(to: request, context: context) { request, context, transaction in
            var context = context
            context.idempotency.transaction = transaction
            return try await next(request, context)
        }
    }

    private func protects(_ request: Request) -> Bool {
        protection.policy.methods.contains(request.method)
            && (protection.policy.keyRequired || request.headers.contains(.idempotencyKey))
    }
}
