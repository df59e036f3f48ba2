public import Hummingbird

/// Answers a replay under `ReplayForm.reference`: looks the resource up again and shows it as the caller may see it now.
///
/// ```swift
/// render: { request, context, reference in
///     let payment = try await payments.find(reference.resource, for: context.requireIdentity())
///     guard let payment else { throw HTTPError(.notFound) }
///     return EditedResponse(status: reference.status, response: payment)
/// }
/// ```
/// It runs for each replay, without a transaction of the protection, after authentication and the scope. Its answer leaves as it is, with
/// `Idempotent-Replayed` and `Idempotency-Key-Expires`; nothing of it is stored. What it throws is the answer.
public typealias ReplayRenderer<Context> =
    @Sendable (Request, Context, StoredReference) async throws -> any ResponseGenerator
