import HTTPTypes
import Hummingbird
import HummingbirdIdempotency
import HummingbirdTesting
import Idempotency
import LibPQ
import NIOCore
import TestSupport
import Testing

@Suite("response body over the limit (default 1 MiB), or an endless stream", .timeLimit(.minutes(2)))
struct ResponseLimitTests {
    @Test(
        "Row 16: 500, writes undone, key free, the log names the limit",
        arguments: [true, false])
    func responseBody(saysItsLength: Bool) async throws {
        try await withService(policy: IdempotencyPolicy(maximumResponseBody: 100)) { _, _, transaction in
            try await transaction.execute("INSERT INTO effects (note) VALUES ('undone')")
            let buffer = ByteBuffer(repeating: 0x78, count: 101)
            return Response(
                status: .ok,
                body: saysItsLength
                    ? ResponseBody(byteBuffer: buffer)
                    : ResponseBody { writer in
                        try await writer.write(buffer)
                        try await writer.finish(nil)
                    })
        } _: { service in
            try await service.send("/group", key: "k").expectProblem(.responseTooLarge)
            #expect(service.log.text.contains("maximumResponseBody (100 bytes)"))
            #expect(try await service.keys() == 0)
            #expect(try await service.effects().isEmpty)
        }
    }

    @Test("the limit is 1 MiB by default; at the limit the answer is stored")
    func defaultLimit() async throws {
        try await withService { request, _, _ in
            let size = Int(String(buffer: try await request.body.collect(upTo: 10)))!
            return Response(status: .ok, body: ResponseBody(byteBuffer: ByteBuffer(repeating: 0x78, count: size)))
        } _: { service in
            let first = try await service.send("/route", key: "a", body: "1048576")
            #expect(first.status == .ok)
            try await service.send("/route", key: "a", body: "1048576").expectReplay(of: first)
            try await service.send("/route", key: "b", body: "1048577").expectProblem(.responseTooLarge)
        }
    }

    @Test("an endless stream: 500, writes undone, key free, the log names the limit", arguments: Form.allCases)
    func endless(form: Form) async throws {
        try await withService { _, _, transaction in
            try await transaction.execute("INSERT INTO effects (note) VALUES ('undone')")
            return Response(
                status: .ok,
                body: ResponseBody { writer in
                    while true { try await writer.write(ByteBuffer(string: "and on ")) }
                })
        } _: { service in
            try await service.send(form.path, key: "k").expectProblem(.responseTooLarge)
            #expect(service.log.text.contains("maximumResponseBody (1048576 bytes)"))
            #expect(try await service.keys() == 0)
            #expect(try await service.effects().isEmpty)
        }
    }

    @Test("a stream that trickles on: 500 at the capture deadline, which the log names")
    func slow() async throws {
        try await withService(options: IdempotencyOptions(captureDeadline: .milliseconds(20))) { _, _, _ in
            Response(
                status: .ok,
                body: ResponseBody { writer in
                    while true {
                        try await writer.write(ByteBuffer(string: "."))
                        try await Task.sleep(for: .milliseconds(1))
                    }
                })
        } _: { service in
            try await service.send("/route", key: "k").expectProblem(.responseTooLarge)
            #expect(service.log.text.contains("captureDeadline"))
        }
    }

    @Test("an event stream: 500 at once")
    func eventStream() async throws {
        try await withService { _, _, _ in
            Response(status: .ok, headers: [.contentType: "text/event-stream"])
        } _: { service in
            try await service.send("/route", key: "k").expectProblem(.responseTooLarge)
            #expect(try await service.keys() == 0)
        }
    }

    @Test("a final error with a body over the limit: 500, nothing stored")
    func finalError() async throws {
        try await withService(policy: IdempotencyPolicy(maximumResponseBody: 10)) { _, _, _ in
            throw HTTPError(.conflict, message: "a message longer than that")
        } _: { service in
            let answer = try await service.send("/route", key: "k")
            #expect(answer.status == .internalServerError)
            #expect(try await service.keys() == 0)
        }
    }
}
