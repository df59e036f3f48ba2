import AsyncHTTPClient
import HTTPTypes
import Hummingbird
import HummingbirdIdempotency
import HummingbirdTesting
import Idempotency
import NIOCore
import NIOHTTP1
import TestSupport
import Testing

@Suite("request body over the limit (default 1 MiB)", .timeLimit(.minutes(2)))
struct RequestLimitTests {
    @Test(
        "Row 16: 413, nothing stored, the handler does not run; at the limit: accepted", arguments: Form.allCases)
    func requestBody(form: Form) async throws {
        try await withService(policy: IdempotencyPolicy(maximumRequestBody: 100)) { service in
            let over = try await service.send(form.path, key: "k", body: String(repeating: "x", count: 101))
            over.expectProblem(.requestTooLarge)
            #expect(try await service.keys() == 0)
            #expect(try await service.effects().isEmpty)
            let at = try await service.send(form.path, key: "k", body: String(repeating: "x", count: 100))
            #expect(at.status == .created)
        }
    }

    @Test("413, too, when the request does not say its length", arguments: Form.allCases)
    func requestBodyWithoutLength(form: Form) async throws {
        let handler: ProtectedService.Handler = { request, context, transaction in
            _ = try await ProtectedService.insert(request, context, transaction)
            return Response(status: .ok, headers: [.effect: request.headers[.contentLength] ?? "chunked"])
        }
        try await withService(policy: IdempotencyPolicy(maximumRequestBody: 100), handler: handler) { service in
            let over = try await service.sendChunks([60, 41], to: form.path)
            #expect(over.status == .payloadTooLarge)
            #expect(over.headers.first(name: "Content-Type") == Problem.mediaType)
            #expect(try await service.keys() == 0)
            #expect(try await service.effects().isEmpty)
            let at = try await service.sendChunks([60, 40], to: form.path)
            #expect(at.status == .ok)
            #expect(at.headers.first(name: HTTPField.Name.effect.rawName) == "chunked")
            #expect(try await service.effects() == [String(repeating: "x", count: 100)])
        }
    }

    @Test("the limit is 1 MiB by default")
    func defaultLimit() async throws {
        try await withService { _, _, _ in
            Response(status: .ok)
        } _: { service in
            let mebibyte = String(repeating: "x", count: 1 << 20)
            #expect(try await service.send("/route", key: "a", body: mebibyte).status == .ok)
            try await service.send("/route", key: "b", body: mebibyte + "x").expectProblem(.requestTooLarge)
        }
    }
}

extension ProtectedService {
    /// Sends a body in chunks of these sizes (RFC 9112 section 7.1), under key `k`. The test client always says a length.
    fileprivate func sendChunks(_ sizes: [Int], to path: String) async throws -> HTTPClientResponse {
        let port = try #require(client.port)
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)")
        request.method = .POST
        request.headers.add(name: HTTPField.Name.idempotencyKey.rawName, value: "k")
        let chunks = AsyncStream<ByteBuffer> { continuation in
            for size in sizes { continuation.yield(ByteBuffer(repeating: UInt8(ascii: "x"), count: size)) }
            continuation.finish()
        }
        request.body = .stream(chunks, length: .unknown)
        return try await HTTPClient.shared.execute(request, timeout: .seconds(30))
    }
}
