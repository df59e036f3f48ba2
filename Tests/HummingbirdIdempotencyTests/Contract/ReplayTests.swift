import HTTPTypes
import Hummingbird
import HummingbirdIdempotency
import HummingbirdTesting
import NIOCore
import TestSupport
import Testing

@Suite("retry of a completed key, same request", .timeLimit(.minutes(2)))
struct ReplayTests {
    @Test(
        "gets the same status, header fields and bytes, marked; the handler does not run", arguments: Form.allCases)
    func retry(form: Form) async throws {
        let runs = Counter()
        try await withService { request, context, transaction in
            runs.increment()
            return try await ProtectedService.insert(request, context, transaction)
        } _: { service in
            let first = try await service.send(form.path, key: "k")
            for _ in 1...3 {
                let retry = try await service.send(form.path, key: "k")
                retry.expectReplay(of: first)
                #expect(retry.headers[.setCookie] == nil)
                #expect(retry.headers[.contentLength] == "\(first.body.readableBytes)")
            }
            #expect(runs.value == 1)
            #expect(try await service.effects() == ["coffee"])
        }
    }

    @Test("does not get what would be wrong in a replay: Date, Set-Cookie, hop-by-hop fields")
    func unrepeatable() async throws {
        let long = "Sun, 06 Nov 1994 08:49:37 GMT"
        try await withService(setup: .router) { _, _, _ in
            Response(
                status: .ok,
                headers: [
                    .date: long, .setCookie: "session=1", .connection: "X-Hop", .init("Keep-Alive")!: "timeout=5",
                    .upgrade: "h2c", .proxyAuthenticate: "Basic", .effect: "kept",
                ])
        } _: { service in
            let first = try await service.send("/route", key: "k")
            #expect(first.headers[.setCookie] == "session=1")
            let retry = try await service.send("/route", key: "k")
            #expect(retry.isReplay)
            #expect(retry.headers[.effect] == "kept")
            for name in [.setCookie, .connection, .init("Keep-Alive")!, .upgrade, .proxyAuthenticate]
                as [HTTPField.Name]
            {
                #expect(retry.headers[name] == nil, "\(name)")
            }
            #expect(retry.headers[.date] != long)
        }
    }

    @Test("gets bytes that are no text as they were: NUL, invalid UTF-8, and nothing at all")
    func bytes() async throws {
        let bodies: [[UInt8]] = [[0, 1, 0, 255, 254, 10, 13], [], Array(repeating: 0, count: 1 << 20)]
        try await withService { request, _, _ in
            let index = Int(String(buffer: try await request.body.collect(upTo: 10)))!
            return Response(status: .ok, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bodies[index])))
        } _: { service in
            for index in bodies.indices {
                let first = try await service.send("/group", key: "k\(index)", body: "\(index)")
                // As buffers: the differences of arrays of this size would take for ever to find.
                #expect(first.body == ByteBuffer(bytes: bodies[index]))
                try await service.send("/group", key: "k\(index)", body: "\(index)").expectReplay(of: first)
            }
        }
    }

    @Test("gets a streamed body whole; its length is known by then")
    func stream() async throws {
        try await withService { _, _, _ in
            Response(
                status: .ok,
                body: ResponseBody { writer in
                    for part in 1...100 { try await writer.write(ByteBuffer(string: "\(part) ")) }
                    try await writer.finish(nil)
                })
        } _: { service in
            let first = try await service.send("/route", key: "k")
            #expect(first.text.hasPrefix("1 2 3 ") && first.text.hasSuffix("99 100 "))
            #expect(first.headers[.contentLength] == "\(first.body.readableBytes)")
            try await service.send("/route", key: "k").expectReplay(of: first)
        }
    }

    @Test("gets no trailing fields, and neither did the first; the log says so")
    func trailers() async throws {
        try await withService(setup: .live) { _, _, _ in
            Response(
                status: .ok, headers: [.trailer: "X-Effect"],
                body: ResponseBody { writer in
                    try await writer.write(ByteBuffer(string: "data"))
                    try await writer.finish([.effect: "late"])
                })
        } _: { service in
            let first = try await service.send("/route", key: "k")
            #expect(first.text == "data")
            #expect(first.trailerHeaders == nil || first.trailerHeaders?.isEmpty == true)
            #expect(first.headers[.trailer] == nil)
            try await service.send("/route", key: "k").expectReplay(of: first)
            #expect(service.log.text.contains("Trailing fields"))
        }
    }
}
