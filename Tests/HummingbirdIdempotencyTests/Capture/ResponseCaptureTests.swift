import HTTPTypes
import Hummingbird
import Idempotency
import Logging
import NIOCore
import Testing

@testable import HummingbirdIdempotency

@Suite("Capturing a response")
struct ResponseCaptureTests {
    private let logger = Logger(label: "test")

    private func capture(_ body: ResponseBody, limit: Int = 10) async throws -> [UInt8] {
        try await ResponseCapture(limit: limit, timeLimit: .seconds(60)).capture(body, logger: logger)
    }

    @Test("Parts are put together in order, however they are written")
    func parts() async throws {
        let body = ResponseBody { writer in
            try await writer.write(ByteBuffer())
            try await writer.write(ByteBuffer(string: "ab"))
            try await writer.write(contentsOf: [ByteBuffer(string: "cd"), ByteBuffer(string: "ef")])
            try await writer.finish(nil)
        }
        #expect(try await capture(body) == Array("abcdef".utf8))
        #expect(try await capture(ResponseBody(byteBuffer: ByteBuffer(string: "whole"))) == Array("whole".utf8))
        #expect(try await capture(ResponseBody()) == [])
    }

    @Test("The limit is the last size that is accepted, for one part and for many")
    func limit() async throws {
        #expect(try await capture(ResponseBody(byteBuffer: ByteBuffer(repeating: 1, count: 10))).count == 10)
        await #expect(throws: ResponseCaptureError.tooLarge(limit: 10)) {
            try await capture(ResponseBody(byteBuffer: ByteBuffer(repeating: 1, count: 11)))
        }
        await #expect(throws: ResponseCaptureError.tooLarge(limit: 10)) {
            try await capture(
                ResponseBody { writer in
                    for _ in 1...11 { try await writer.write(ByteBuffer(string: "x")) }
                    try await writer.finish(nil)
                })
        }
    }

    @Test("A body that does not finish is an error, as it would be on the wire")
    func unfinished() async throws {
        await #expect(throws: ResponseCaptureError.unfinished) {
            try await capture(ResponseBody { writer in try await writer.write(ByteBuffer(string: "x")) })
        }
    }

    @Test("A declared length that is wrong, and chunking, do not survive: the outcome has one true length")
    func framing() async throws {
        var response = Response(
            status: .ok, headers: [.transferEncoding: "chunked", .contentLength: "99", .contentType: "text/plain"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: "four")))
        response.headers[.trailer] = "X"
        let outcome = try await response.captured(limit: 10, timeLimit: .seconds(1), logger: logger)
        #expect(outcome.headers == [.contentType: "text/plain"])
        #expect(Response(outcome).headers == [.contentType: "text/plain", .contentLength: "4"])
    }
}
