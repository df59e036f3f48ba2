public import HTTPTypes

/// The problems that the protection itself answers. The raw value is the fragment of the problem's `type`.
///
/// ``Problem/init(_:options:detail:underlying:)`` makes the problem. A service's documentation page has a section for each; iterate
/// `allCases` in a test to be sure.
public enum ProblemKind: String, Sendable, CaseIterable {
    /// 400: no `Idempotency-Key`, although the route needs one.
    case keyMissing = "key-missing"
    /// 400: the key cannot be used.
    case keyMalformed = "key-malformed"
    /// 409: the first request with this key still runs.
    case inFlight = "in-flight"
    /// 422: the key was used for another request.
    case mismatch = "mismatch"
    /// 410: the key's retention is over, and the route refuses late retries.
    case keyExpired = "key-expired"
    /// 429: the caller has used too many new keys for now.
    case tooManyNewKeys = "too-many-new-keys"
    /// 409: the first request was carried out, and its answer cannot be given again. ``Problem/headers`` has its `Location`, if it had
    /// one.
    case answerWithheld = "answer-withheld"
    /// 404: nothing is known of the key. Answered by the route that tells a key's status, not by protected routes.
    case keyUnknown = "key-unknown"
    /// 431: the request's header section is over the limit.
    case requestHeadersTooLarge = "request-headers-too-large"
    /// 413: the request's body is over the limit.
    case requestTooLarge = "request-too-large"
    /// 500: the handler's response is over a limit, or has no end.
    case responseTooLarge = "response-too-large"
    /// 503: the database cannot be reached or has no connection free, or the handler was not done in time.
    case unavailable = "unavailable"
    /// 503: whether the request was carried out could not be found out in time.
    case outcomeUnknown = "outcome-unknown"
    /// 500: the stored answer cannot be decrypted, or is damaged.
    case outcomeUnreadable = "outcome-unreadable"
    /// 500: a fault on our side.
    case internalError = "internal-error"

    /// The status that goes with it.
    public var status: HTTPResponse.Status {
        switch self {
        case .keyMissing, .keyMalformed: .badRequest
        case .inFlight, .answerWithheld: .conflict
        case .mismatch: .unprocessableContent
        case .keyExpired: .gone
        case .keyUnknown: .notFound
        case .tooManyNewKeys: .tooManyRequests
        case .requestHeadersTooLarge: .requestHeaderFieldsTooLarge
        case .requestTooLarge: .contentTooLarge
        case .responseTooLarge, .outcomeUnreadable, .internalError: .internalServerError
        case .unavailable, .outcomeUnknown: .serviceUnavailable
        }
    }

    /// Whether the same request with the same key may succeed a little later; the answer then has `Retry-After`.
    public var isRetryable: Bool {
        switch self {
        case .inFlight, .tooManyNewKeys, .unavailable, .outcomeUnknown: true
        default: false
        }
    }

    /// The summary.
    public var title: String {
        switch self {
        case .keyMissing: "Idempotency-Key is missing"
        case .keyMalformed: "Idempotency-Key is malformed"
        case .inFlight: "A request with this Idempotency-Key is in flight"
        case .mismatch: "Idempotency-Key was used for another request"
        case .keyExpired: "Idempotency-Key has expired"
        case .tooManyNewKeys: "Too many new Idempotency-Keys"
        case .answerWithheld: "The answer is not given again"
        case .keyUnknown: "Idempotency key is not known"
        case .requestHeadersTooLarge: "Request header fields are too large"
        case .requestTooLarge: "Request body is too large"
        case .responseTooLarge: "Response cannot be stored"
        case .unavailable: "Service is temporarily unavailable"
        case .outcomeUnknown: "Outcome is not known yet"
        case .outcomeUnreadable: "Stored answer cannot be read"
        case .internalError: "Internal error"
        }
    }

    /// What happened and what helps, where nothing more precise is known.
    public var detail: String {
        switch self {
        case .keyMissing:
            "This operation needs an Idempotency-Key header field. Send a new unique value for each operation."
        case .keyMalformed:
            "The key must be 1 to 255 characters of visible ASCII, sent once, bare or in quotation marks."
        case .inFlight: "The first request with this key has not ended. Retry with the same key to get its answer."
        case .mismatch: "Send the original request to get its answer, or use a new key for a new operation."
        case .keyExpired:
            "The key was used before and its answer is not kept any more, or it is too old. Nothing was carried out now. Find out "
                + "what became of the first request before you use a new key."
        case .tooManyNewKeys:
            "Nothing was carried out. Wait as long as Retry-After says, then retry with the same key. Retries of earlier requests "
                + "are not limited."
        case .answerWithheld:
            "The first request with this key was carried out, and nothing was done again. Its answer cannot be repeated; Location, "
                + "if there is one, names the resource."
        case .keyUnknown:
            "No request of yours with this key runs or is stored: none was sent, it was not carried out, or its time is over."
        case .requestHeadersTooLarge: "The header fields of the request are larger than this operation accepts."
        case .requestTooLarge: "The body of the request is larger than this operation accepts."
        case .responseTooLarge:
            "The answer could not be stored, so the operation was undone. The key can be used again."
        case .unavailable: "The request was not carried out, or can safely be asked about: retry with the same key."
        case .outcomeUnknown: "Retry with the same key: the answer tells whether the request was carried out."
        case .outcomeUnreadable:
            "What is stored under this key cannot be read now, and nothing was done. An earlier request may have been carried out: "
                + "do not use a new key."
        case .internalError:
            "The server failed to answer this request, and nothing was carried out. A retry with the same key is safe."
        }
    }
}
