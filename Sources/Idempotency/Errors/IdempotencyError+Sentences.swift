/// The errors that the engine throws in more than one place.
extension IdempotencyError {
    static var mismatch: IdempotencyError {
        IdempotencyError(.mismatch, "the key was used with another request")
    }

    static var keyExpired: IdempotencyError {
        IdempotencyError(.keyExpired, "the key's retention is over, and late retries are refused")
    }

    static var inFlight: IdempotencyError {
        IdempotencyError(.inFlight, "the first request with this key has not ended yet")
    }

    static func responseHeadersTooLarge(limit: Int) -> IdempotencyError {
        IdempotencyError(
            .responseTooLarge, "the answer's header fields are over maximumResponseHeaders (\(limit) bytes)")
    }

    static func invalidStatus(_ status: Int) -> IdempotencyError {
        IdempotencyError(.invalidOutcome, "the work's answer has the status \(status), which is none of HTTP")
    }

    static func responseBodyTooLarge(limit: Int) -> IdempotencyError {
        IdempotencyError(.responseTooLarge, "the answer's body is over maximumResponseBody (\(limit) bytes)")
    }

    static func tooManyNewKeys(retryAfter: Duration) -> IdempotencyError {
        IdempotencyError(
            .tooManyNewKeys, "the scope has used too many new keys in a short time", retryAfter: retryAfter)
    }

    static var outcomeUnreadable: IdempotencyError {
        IdempotencyError(.outcomeUnreadable, "the stored outcome cannot be decrypted; nothing runs again")
    }

    static func invalidConfiguration(_ sentence: String) -> IdempotencyError {
        IdempotencyError(.invalidConfiguration, sentence)
    }

    static func unavailable(_ underlying: (any Error)?) -> IdempotencyError {
        IdempotencyError(
            .unavailable, "the database cannot serve the request now; nothing was done", underlying: underlying)
    }

    static func outcomeUnknown(_ underlying: any Error) -> IdempotencyError {
        IdempotencyError(
            .outcomeUnknown, "whether the work was committed could not be found out in time", underlying: underlying)
    }
}
