/// Why a handler's response could not be captured. Every case means 500, with everything undone and the key free.
enum ResponseCaptureError: Error, Hashable {
    /// The body is larger than `IdempotencyPolicy.maximumResponseBody`, in bytes.
    case tooLarge(limit: Int)
    /// The body was still being written after `IdempotencyOptions.captureDeadline`.
    case tooSlow(limit: Duration)
    /// The response is an event stream, which has no end (WHATWG HTML, section 9.2) and so no outcome.
    case eventStream
    /// The body returned without calling `finish`: on the wire it would have been a broken response.
    case unfinished
}

extension ResponseCaptureError: CustomStringConvertible {
    /// A sentence for the log; it names the limit.
    var description: String {
        switch self {
        case .tooLarge(let limit): "The response body is over maximumResponseBody (\(limit) bytes)"
        case .tooSlow(let limit): "The response body was not complete after captureDeadline (\(limit))"
        case .eventStream: "The response is text/event-stream, which never ends and cannot be stored"
        case .unfinished: "The response body ended without finish(_:)"
        }
    }
}
