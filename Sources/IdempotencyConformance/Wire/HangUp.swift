/// When a client closes its connection.
enum HangUp: Sendable {
    /// Half of the body has been sent.
    case inRequest
    /// The whole request has been sent, and this time has passed.
    case beforeAnswer(after: Duration)
}
