public import HTTPTypes
public import Idempotency

/// A protected route with the rules that hold for it.
public struct ProtectedRoute: Sendable {
    /// The method.
    public let method: HTTPRequest.Method

    /// The whole path, with the groups' prefixes and with parameters in braces: `/payments/{id}/refunds`.
    public let path: String

    /// The rules, as the route applies them.
    public let policy: IdempotencyPolicy

    /// How the route answers.
    public let options: IdempotencyOptions
}
