/// What `Idempotency` reports when it cannot answer with an outcome.
///
/// Errors thrown by the work itself are not wrapped in this type: they reach the caller as they were thrown.
public struct IdempotencyError: Error, Sendable {
    /// What happened. More codes may be added; switch with a default.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The code's name, stable enough for a metric.
        public let description: String

        private init(_ name: String) {
            self.description = name
        }

        /// The key was used for another request (HTTP 422). Retrying does not help.
        public static let mismatch = Code("mismatch")
        /// The first request still runs after the wait budget (HTTP 409). Retrying later helps.
        public static let inFlight = Code("inFlight")
        /// The database cannot be reached, has no connection left, or kept refusing (HTTP 503). Nothing happened.
        public static let unavailable = Code("unavailable")
        /// Nobody could be asked in time whether the work was committed (HTTP 503). A retry with the same key asks
        /// again.
        public static let outcomeUnknown = Code("outcomeUnknown")
        /// The work returned an answer although its transaction had failed: it swallowed an error (HTTP 500). Nothing
        /// happened.
        public static let transactionAborted = Code("transactionAborted")
        /// The answer is larger than ``IdempotencyPolicy/maximumResponseHeaders`` or ``IdempotencyPolicy/maximumResponseBody`` (HTTP 500).
        /// Nothing happened.
        public static let responseTooLarge = Code("responseTooLarge")
        /// The work's answer has a status that is none of HTTP (HTTP 500). Nothing happened.
        public static let invalidOutcome = Code("invalidOutcome")
        /// The key's retention is over, and the policy refuses late retries (HTTP 410). Nothing happened.
        public static let keyExpired = Code("keyExpired")
        /// The scope has used more new keys than ``IdempotencyPolicy/newKeys`` allows (HTTP 429). Nothing happened;
        /// ``IdempotencyError/retryAfter`` says when the next may be used.
        public static let tooManyNewKeys = Code("tooManyNewKeys")
        /// The outcome is encrypted under a key that is not in the key ring, or was changed since (HTTP 500). Nothing runs again.
        public static let outcomeUnreadable = Code("outcomeUnreadable")
        /// The work took longer than ``IdempotencyPolicy/handlerDeadline`` (HTTP 503). Nothing happened.
        public static let deadlineExceeded = Code("deadlineExceeded")
        /// The ledger holds a row that this version cannot replay (HTTP 500).
        public static let damagedOutcome = Code("damagedOutcome")
        /// An ``IdempotencyPolicy`` contradicts itself. A mistake in configuration; one of the engine or of a route stops the process
        /// at its start.
        public static let invalidPolicy = Code("invalidPolicy")
        /// A setting of the engine itself cannot be used, for example a limit under 1 or a key ring. Found when it is read.
        public static let invalidConfiguration = Code("invalidConfiguration")
    }

    /// What happened.
    public let code: Code

    /// A sentence about it, without SQL, keys, fingerprints or anybody's data.
    public let message: String

    /// The error that caused this one, if there is one.
    public let underlying: (any Error)?

    /// How long to wait before a retry can help, where that is known.
    public let retryAfter: Duration?

    /// The source file that reported it, as `#fileID`.
    public let file: String

    /// The line in ``file``.
    public let line: Int

    /// Makes an error.
    ///
    /// - Parameters:
    ///   - code: what happened.
    ///   - message: a sentence that is safe to show.
    ///   - underlying: the cause; it appears in ``debugDescription`` only.
    ///   - retryAfter: how long to wait before a retry can help; nil by default.
    ///   - file: where; the caller's file by default.
    ///   - line: where; the caller's line by default.
    public init(
        _ code: Code, _ message: String, underlying: (any Error)? = nil, retryAfter: Duration? = nil,
        file: String = #fileID, line: Int = #line
    ) {
        self.code = code
        self.message = message
        self.underlying = underlying
        self.retryAfter = retryAfter
        self.file = file
        self.line = line
    }
}

extension IdempotencyError: CustomStringConvertible, CustomDebugStringConvertible {
    /// The code and the message. Not the cause: it may be anybody's error and quote anything.
    public var description: String { "IdempotencyError(\(code)): \(message)" }

    /// Everything, with the cause's own debug description: for a developer's eyes.
    public var debugDescription: String {
        var text = "\(description) (\(file):\(line))"
        if let underlying { text += ", caused by \(String(reflecting: underlying))" }
        return text
    }
}
