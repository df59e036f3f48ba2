import HTTPTypes
import Hummingbird
import HummingbirdIdempotency
import HummingbirdTesting
import Idempotency
import LibPQ
import NIOCore
import TestSupport
import Testing

@Suite("A handler that throws", .timeLimit(.minutes(2)))
struct ThrownErrorTests {
    private struct Broken: Error {}

    @Test(
        "a final status: the answer is stored and replayed, the writes are undone",
        arguments: [402, 404, 409, 410, 422])
    func final(status: Int) async throws {
        let runs = Counter()
        try await withService { _, _, transaction in
            runs.increment()
            try await transaction.execute("INSERT INTO effects (note) VALUES ('undone')")
            throw HTTPError(HTTPResponse.Status(code: status), headers: [.effect: "no"], message: "not today")
        } _: { service in
            for form in Form.allCases {
                let first = try await service.send(form.path, key: form.rawValue)
                #expect(first.status.code == status)
                #expect(first.text.contains("not today"))
                #expect(first.headers[.effect] == "no")
                try await service.send(form.path, key: form.rawValue).expectReplay(of: first)
            }
            #expect(runs.value == 2)
            #expect(try await service.effects().isEmpty)
            #expect(try await service.keys() == 2)
        }
    }

    @Test(
        "another status: not stored, the writes are undone, the key is free", arguments: [400, 403, 429, 500, 502, 503])
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

    @Test("an error of its own: it reaches outer middleware as it was thrown", arguments: Form.allCases)
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

    @Test("a status that the policy makes final: stored")
    func policy() async throws {
        let runs = Counter()
        try await withService(policy: IdempotencyPolicy(finalStatuses: [400])) { _, _, _ in
            runs.increment()
            throw HTTPError(.badRequest, message: "for good")
        } _: { service in
            let first = try await service.send("/route", key: "k")
            try await service.send("/route", key: "k").expectReplay(of: first)
            #expect(runs.value == 1)
        }
    }

    @Test("or answers 5xx: not stored, the writes are undone, the key is free", arguments: [500, 503])
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

    @Test("while its body is streamed: not stored, the writes are undone")
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

    @Test("nothing, but swallows an SQL error: 500, and nothing is left")
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
