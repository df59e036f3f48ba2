/// The two forms of the protection. Whatever holds for one holds for the other.
enum Form: String, CaseIterable, Sendable {
    /// `router.post(_:idempotent:scope:)`.
    case route
    /// `IdempotencyMiddleware` and `requireTransaction()`.
    case group

    var path: String { "/\(rawValue)" }
}
