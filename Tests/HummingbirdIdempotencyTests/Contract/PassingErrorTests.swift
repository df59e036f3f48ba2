import HTTPTypes
import Hummingbird
import HummingbirdIdempotency
import HummingbirdTesting
import LibPQ
import NIOCore
import TestSupport
import Testing

@Suite("handler threw another 4xx, 5xx, anything", .timeLimit(.minutes(2)))
struct PassingErrorTests {
    private struct Broken: Error {}

    @Test(
        "not stored, the writes are undone, the key is free: a retry runs", arguments: [400, 403, 429, 500, 502, 503])
    func passing(status: Int) async throws {
        let runs = Counter()
        try await withService { request, context, transaction in
            try await transaction.execute("INSERT INTO effects (note) VALUES ('undone')")
            guard runs.increment() > 1 else { throw HTTPError(HTTPResponse.Status(code: status), message: "not today") }
            try await transaction.execute("DELETE FROM effects")
            return try await ProtectedService.insert(request, context, transaction)
        } _: { service in
            let first = try await service.send("/group", key: "k")
            #expect(first.status.code == status)
            #expect(try await service.keys() == 0)
            #expect(try await service.effects().isEmpty)
            let second = try await service.send("/group", key: "k")
            #expect(second.status == .created)
            #expect(!second.isReplay)
            #expect(try await service.effects() == ["coffee"])
            #expect((service.errors.all.first as? HTTPError)?.status.code == status)
        }
    }

    @Test("an error of its own reaches outer middleware as it was thrown; nothing is left", arguments: Form.allCases)
    func unwrapped(form: Form) async throws {
        try await withService { _, _, transaction in
            try await transaction.execute("INSERT INTO effects (note) VALUES ('undone')")
            throw Broken()
        } _: { service in
            let answer = try await service.send(form.path, key: "k")
            #expect(answer.status == .internalServerError)
            #expect(service.errors.all.count == 1)
            #expect(service.errors.all.first is Broken)
            #expect(try await service.keys() == 0)
            #expect(try await service.effects().isEmpty)
        }
    }

    @Test("or returned 5xx: not stored, the writes are undone, the key is free", arguments: [500, 503])
    func serverError(status: Int) async throws {
        try await withService { _, _, transaction in
            try await transaction.execute("INSERT INTO effects (note) VALUES ('undone')")
            return Response(status: HTTPResponse.Status(code: status))
        } _: { service in
            let first = try await service.send("/group", key: "k")
            let second = try await service.send("/group", key: "k")
            #expect(first.status.code == status && second.status.code == status)
            #expect(!second.isReplay)
            #expect(try await service.keys() == 0)
            #expect(try await service.effects().isEmpty)
        }
    }

    @Test("while its body was streamed: not stored, the writes are undone")
    func midway() async throws {
        try await withService { _, _, transaction in
            try await transaction.execute("INSERT INTO effects (note) VALUES ('undone')")
            return Response(
                status: .ok,
                body: ResponseBody { writer in
                    try await writer.write(ByteBuffer(string: "half of it"))
                    throw Broken()
                })
        } _: { service in
            let answer = try await service.send("/route", key: "k")
            #expect(answer.status == .internalServerError)
            #expect(!answer.text.contains("half"))
            #expect(service.errors.all.first is Broken)
            #expect(try await service.keys() == 0)
            #expect(try await service.effects().isEmpty)
        }
    }

    @Test("a serialization failure: it runs again, with the whole body to read")
    func rerun() async throws {
        let runs = Counter()
        try await withService { request, context, transaction in
            let body = String(buffer: try await request.body.collect(upTo: 100))
            #expect(body == "coffee")
            try await transaction.execute("INSERT INTO effects (note) VALUES ('undone')")
            if runs.increment() < 3 {
                try await transaction.execute("DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END $$")
            }
            try await transaction.execute("DELETE FROM effects")
            return try await ProtectedService.insert(request, context, transaction)
        } _: { service in
            let first = try await service.send("/group", key: "k")
            #expect(first.status == .created)
            #expect(runs.value == 3)
            #expect(try await service.effects() == ["coffee"])
        }
    }

    @Test("a lock that was not granted: 503 and Retry-After, the key is free")
    func lock() async throws {
        try await withService { _, _, transaction in
            try await transaction.execute("DO $$ BEGIN RAISE EXCEPTION 'busy' USING ERRCODE = '55P03'; END $$")
            return Response(status: .ok)
        } _: { service in
            try await service.send("/route", key: "k").expectProblem(.unavailable, retryable: true)
            #expect(try await service.keys() == 0)
        }
    }

    @Test("nothing, but swallowed an SQL error: 500, and nothing is left")
    func swallowed() async throws {
        try await withService { _, _, transaction in
            try await transaction.execute("INSERT INTO effects (note) VALUES ('undone')")
            _ = try? await transaction.execute("SELECT 1 / 0")
            return Response(status: .ok)
        } _: { service in
            try await service.send("/group", key: "k").expectProblem(.internalError)
            #expect(try await service.keys() == 0)
            #expect(try await service.effects().isEmpty)
        }
    }

    @Test(
        "because COMMIT by hand is refused: 500, and nothing is left", arguments: ["COMMIT", "ROLLBACK", " /* */ end"])
    func byHand(sql: String) async throws {
        try await withService { _, _, transaction in
            try await transaction.execute("INSERT INTO effects (note) VALUES ('undone')")
            try await transaction.execute(PostgresQuery(unescaped: sql))
            return Response(status: .ok)
        } _: { service in
            let answer = try await service.send("/group", key: "k")
            #expect(answer.status == .internalServerError)
            #expect((service.errors.all.first as? PostgresError)?.code == .transactionControl)
            #expect(try await service.keys() == 0)
            #expect(try await service.effects().isEmpty)
        }
    }
}
