/// Whose header fields a request carries.
enum Principal: Sendable {
    case first
    case other
    /// None of them: no credentials.
    case nobody
}
