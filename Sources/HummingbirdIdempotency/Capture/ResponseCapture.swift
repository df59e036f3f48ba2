import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// Takes in a whole response body, in place of the socket.
///
/// Nothing may leave before COMMIT, and a replay needs every byte, so that the body is run into memory, within limits.
final class ResponseCapture {
    private let limit: Int
    private let timeLimit: Duration
    private let deadline: ContinuousClock.Instant
    private var buffer = ByteBuffer()
    private var isFinished = false
    private var trailingFields = 0

    /// - Parameters:
    ///   - limit: the most bytes that are accepted.
    ///   - timeLimit: how long writing may take, counted from now.
    init(limit: Int, timeLimit: Duration) {
        self.limit = limit
        self.timeLimit = timeLimit
        self.deadline = .now + timeLimit
    }

    /// Runs the body to its end.
    ///
    /// Trailing fields are dropped, as RFC 9110 section 6.5.1 allows every recipient to do: the stored answer has a length, and
    /// a message with `Content-Length` has no trailers. The drop is logged, because the handler's author will look for them.
    /// - Returns: the bytes.
    /// - Throws: ``ResponseCaptureError``, or what the body itself throws.
    func capture(_ body: ResponseBody, logger: Logger) async throws -> [UInt8] {
        if let length = body.contentLength, length > limit { throw ResponseCaptureError.tooLarge(limit: limit) }
        try await body.write(Writer(capture: self))
        guard isFinished else { throw ResponseCaptureError.unfinished }
        if trailingFields > 0 {
            logger.warning(
                "Trailing fields of a protected route's response were dropped", metadata: ["count": "\(trailingFields)"]
            )
        }
        return Array(buffer: buffer)
    }

    private func append(_ part: ByteBuffer) throws {
        guard part.readableBytes <= limit - buffer.readableBytes else {
            throw ResponseCaptureError.tooLarge(limit: limit)
        }
        guard ContinuousClock.now < deadline else { throw ResponseCaptureError.tooSlow(limit: timeLimit) }
        // A copy of one whole buffer shares its storage: the common response is not copied here.
        if buffer.readableBytes == 0 {
            buffer = part
        } else {
            buffer.writeImmutableBuffer(part)
        }
    }

    /// What the body writes into. A reference inside, because a body may copy its writer.
    private struct Writer: ResponseBodyWriter {
        let capture: ResponseCapture

        mutating func write(_ buffer: ByteBuffer) async throws {
            try capture.append(buffer)
        }

        consuming func finish(_ trailingHeaders: HTTPFields?) async throws {
            capture.isFinished = true
            capture.trailingFields = trailingHeaders?.count ?? 0
        }
    }
}
