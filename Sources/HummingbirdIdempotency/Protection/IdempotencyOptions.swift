/// What concerns only HTTP, beside the policy: how the protection answers.
public struct IdempotencyOptions: Sendable, Hashable {
    /// The page that explains the problems, as a URI reference. Default `/docs/idempotency`.
    ///
    /// The `type` of a problem is this and the problem's name as fragment, for instance `/docs/idempotency#mismatch`. Make it absolute
    /// when answers are read away from the server that gave them (RFC 9457 section 3.1.1).
    public var documentation: String

    /// What `Retry-After` asks a client to wait, with 409, 429 and 503. Default 1 second; rounded up to whole seconds. An error that
    /// knows better, like that of too many new keys, is asked instead.
    ///
    /// A second is longer than most handlers run, and short enough that a client who lost its answer is not kept waiting.
    public var retryAfter: Duration

    /// How long a handler's response body may go on writing. Default 30 seconds; past it, 500 and everything undone.
    ///
    /// The body is captured before anything leaves, with the transaction open. The size limit stops a fast endless stream; this one
    /// stops a slow one, at its next write.
    public var captureDeadline: Duration

    /// Makes options; what is not named has its default.
    public init(
        documentation: String = "/docs/idempotency", retryAfter: Duration = .seconds(1),
        captureDeadline: Duration = .seconds(30)
    ) {
        self.documentation = documentation
        self.retryAfter = retryAfter
        self.captureDeadline = captureDeadline
    }
}
