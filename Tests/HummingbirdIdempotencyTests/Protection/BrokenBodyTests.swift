import AsyncHTTPClient
import HTTPTypes
import HummingbirdIdempotency
import HummingbirdTesting
import NIOCore
import NIOHTTP1
import TestSupport
import Testing

@Suite("A body that breaks off", .timeLimit(.minutes(2)))
struct BrokenBodyTests {
    private struct HungUp: Error {}

    @Test("is refused with 400: nothing runs, nothing is stored, and the key is free", arguments: Form.allCases)
    func broken(form: Form) async throws {
        try await withService { service in
            let port = try #require(service.client.port)
            var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(form.path)")
            request.method = .POST
            request.headers.add(name: HTTPField.Name.idempotencyKey.rawName, value: "k")
            let parts = Counter()
            let start = AsyncThrowingStream<ByteBuffer, any Error> {
                if parts.increment() == 1 { return ByteBuffer(string: "cof") }
                try await waitUntil("the service reads the body") { service.arrivals.value == 1 }
                throw HungUp()
            }
            request.body = .stream(start, length: .known(Int64(6)))
            await #expect(throws: (any Error).self) {
                try await HTTPClient.shared.execute(request, timeout: .seconds(30))
            }

            try await waitUntil("the request is refused") { !service.errors.all.isEmpty }
            #expect((service.errors.all.first as? Problem)?.status == .badRequest)
            #expect(!service.log.text.contains("error Request"))
            #expect(try await service.keys() == 0)
            let retry = try await service.send(form.path, key: "k")
            #expect(retry.status == .created && !retry.isReplay)
            #expect(try await service.effects() == ["coffee"])
        }
    }

    @Test("without an error, as over HTTP/2, is told by its length", arguments: Form.allCases)
    func short(form: Form) async throws {
        try await withService { service in
            let cut = try await service.send(form.path, key: "k", headers: [.cut: "3"])
            #expect(cut.status == .badRequest)
            #expect(try await service.keys() == 0)
            let retry = try await service.send(form.path, key: "k")
            #expect(retry.status == .created && !retry.isReplay)
            let decoded = try await service.send(
                form.path, key: "decoded", headers: [.cut: "3", .contentEncoding: "gzip"])
            #expect(decoded.status == .created)
            #expect(try await service.effects() == ["coffee", "cof"])
        }
    }
}
