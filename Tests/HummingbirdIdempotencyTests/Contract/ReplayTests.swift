import HTTPTypes
import Hummingbird
import HummingbirdIdempotency
import HummingbirdTesting
import LibPQ
import NIOCore
import TestSupport
import Testing

@Suite("Answers and replays", .timeLimit(.minutes(2)))
struct ReplayTests {
    @Test("A first request gets the handler's own answer", arguments: Form.allCases)
    func firstRequest(form: Form) async throws {
        try await withService { service in
            let answer = try await service.send(form.path, key: "k")
            #expect(answer.status == .created)
            #expect(answer.text == "effect 1: coffee")
            #expect(answer.headers[.effect] == "1")
            #expect(answer.headers[.setCookie] == "session=1")
            #expect(!answer.isReplay)
            #expect(try await service.effects() == ["coffee"])
        }
    }

    @Test(
        "A retry gets the same status, fields and bytes, marked, and the handler does not run", arguments: Form.allCases
    )
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

    @Test("Bytes that are no text are replayed as they are: NUL, invalid UTF-8, and nothing at all")
    func bytes() async throws {
        let bodies: [[UInt8]] = [[0, 1, 0, 255, 254, 10, 13], [], Array(repeating: 0, count: 1 << 20)]
        try await withService { request, _, _ in
            let index = Int(String(buffer: try await request.body.collect(upTo: 10)))!
            return Response(status: .ok, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bodies[index])))
        } _: { service in
            for index in bodies.indices {
                let first = try await service.send("/group", key: "k\(index)", body: "\(index)")
                #expect(Array(buffer: first.body) == bodies[index])
                try await service.send("/group", key: "k\(index)", body: "\(index)").expectReplay(of: first)
            }
        }
    }

    @Test("A streamed body is captured whole and replayed; its length is known by then")
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

    @Test("Trailing fields are dropped from first answer and replay alike, and the drop is logged")
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

    @Test(
        "What the handler returns below 500 is stored, errors too, and its writes are kept",
        arguments: [200, 204, 303, 400, 409, 499])
    func returned(status: Int) async throws {
        try await withService { _, _, transaction in
            try await transaction.execute("INSERT INTO effects (note) VALUES ('kept')")
            return Response(status: HTTPResponse.Status(code: status), headers: [.effect: "1"])
        } _: { service in
            let first = try await service.send("/group", key: "k")
            #expect(first.status.code == status)
            try await service.send("/group", key: "k").expectReplay(of: first)
            #expect(try await service.effects() == ["kept"])
        }
    }

    @Test("Twenty requests at once with one key: one effect, twenty equal answers", arguments: Form.allCases)
    func together(form: Form) async throws {
        try await withService { service in
            let answers = try await withThrowingTaskGroup(of: TestResponse.self) { group in
                for _ in 1...20 { group.addTask { try await service.send(form.path, key: "k") } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(answers.map(\.text)) == ["effect 1: coffee"])
            #expect(Set(answers.map(\.status)) == [.created])
            #expect(answers.count { !$0.isReplay } == 1)
            #expect(try await service.effects() == ["coffee"])
        }
    }

    @Test("After the retention the same key is a new request")
    func retention() async throws {
        try await withService { service in
            let first = try await service.send("/route", key: "k")
            try await service.database.pool.execute(
                "UPDATE idempotency.keys SET expires_at = now() - interval '1 second'")
            let second = try await service.send("/route", key: "k")
            #expect(!second.isReplay)
            #expect(second.text == "effect 2: coffee")
            #expect(second.text != first.text)
            #expect(try await service.effects().count == 2)
        }
    }
}
