import HTTPTypes
import Hummingbird
import HummingbirdIdempotency
import HummingbirdTesting
import Idempotency
import LibPQ
import NIOCore
import TestSupport
import Testing

@Suite("Limits", .timeLimit(.minutes(2)))
struct LimitTests {
    @Test(
        "Row 16: A request body over the limit: 413, nothing stored; at the limit: accepted", arguments: Form.allCases)
    func requestBody(form: Form) async throws {
        try await withService(policy: IdempotencyPolicy(maximumRequestBody: 100)) { service in
            let over = try await service.send(form.path, key: "k", body: String(repeating: "x", count: 101))
            over.expectProblem(.requestTooLarge)
            #expect(try await service.keys() == 0)
            let at = try await service.send(form.path, key: "k", body: String(repeating: "x", count: 100))
            #expect(at.status == .created)
        }
    }

    @Test("A request body over the limit that does not say its length: 413")
    func requestBodyWithoutLength() async throws {
        // The router framework sends no Content-Length.
        try await withService(policy: IdempotencyPolicy(maximumRequestBody: 100), setup: .router) { service in
            try await service.send("/group", key: "k", body: String(repeating: "x", count: 101))
                .expectProblem(.requestTooLarge)
            #expect(try await service.send("/group", key: "k", body: "short").status == .created)
        }
    }

    @Test("By default, a request body may have 1 MiB")
    func defaultLimit() async throws {
        try await withService { _, _, _ in
            Response(status: .ok)
        } _: { service in
            let mebibyte = String(repeating: "x", count: 1 << 20)
            #expect(try await service.send("/route", key: "a", body: mebibyte).status == .ok)
            try await service.send("/route", key: "b", body: mebibyte + "x").expectProblem(.requestTooLarge)
        }
    }

    @Test(
        "Row 16: A response body over the limit: 500, writes undone, key free, the log names the limit",
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

    @Test("An endless response: 500, writes undone, key free", arguments: Form.allCases)
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
            #expect(try await service.keys() == 0)
            #expect(try await service.effects().isEmpty)
        }
    }

    @Test("A response that trickles on: 500 at the capture deadline, which the log names")
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

    @Test("An event stream: 500 at once")
    func eventStream() async throws {
        try await withService { _, _, _ in
            Response(status: .ok, headers: [.contentType: "text/event-stream"])
        } _: { service in
            try await service.send("/route", key: "k").expectProblem(.responseTooLarge)
            #expect(try await service.keys() == 0)
        }
    }

    @Test("A final error with a body over the limit: 500, nothing stored")
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
