import HTTPTypes
import Hummingbird
import Idempotency
import Logging
import NIOCore

extension Response {
    /// Runs the response to its end and makes an outcome of it.
    ///
    /// The fields that frame the message are left out: the body is whole now, and ``init(_:)`` writes the one length that is true.
    /// - Throws: ``ResponseCaptureError``, or what the body throws while it is written.
    func captured(limit: Int, timeLimit: Duration, logger: Logger) async throws -> Outcome {
        if let type = headers[.contentType], type.lowercased().hasPrefix("text/event-stream") {
            throw ResponseCaptureError.eventStream
        }
        let bytes = try await ResponseCapture(limit: limit, timeLimit: timeLimit).capture(body, logger: logger)
        var headers = headers
        headers[.contentLength] = nil
        headers[.transferEncoding] = nil
        headers[.trailer] = nil
        return Outcome(status: Int(status.code), headers: headers, body: bytes)
    }

    /// The response that an outcome stands for. First answer and replay are both made here, so that they cannot differ.
    init(_ outcome: Outcome) {
        self.init(
            status: HTTPResponse.Status(code: outcome.status),
            headers: outcome.headers,
            body: outcome.body.isEmpty ? ResponseBody() : ResponseBody(byteBuffer: ByteBuffer(bytes: outcome.body)))
    }
}
