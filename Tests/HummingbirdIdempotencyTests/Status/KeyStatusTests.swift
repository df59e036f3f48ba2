import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdIdempotency
import HummingbirdTesting
import Idempotency
import NIOCore
import TestSupport
import Testing

@Suite("The status of a key", .timeLimit(.minutes(2)))
struct KeyStatusTests {
    /// The route, with the scope that the protected routes have.
    private static var route: ExtraRoutes {
        ExtraRoutes { router, idempotency in
            router.idempotencyKeyStatus(idempotency) { request, _ in request.headers[.principal] ?? "nobody" }
        }
    }

    private func status(
        of key: String, principal: String = "alice", _ service: ProtectedService
    ) async throws -> TestResponse {
        try await service.client.execute(
            uri: "/idempotency-keys/\(key)", method: .get, headers: [.principal: principal])
    }

    @Test("Done: the outcome's status, when the key was claimed and until when it is kept")
    func done() async throws {
        try await withService(extra: Self.route) { service in
            let first = try await service.send("/route", key: "k")
            let answer = try await status(of: "k", service)
            #expect(answer.status == .ok)
            #expect(answer.headers[.contentType] == "application/json")
            #expect(answer.headers[.cacheControl] == "no-store")
            let members = try #require(
                try JSONSerialization.jsonObject(with: Data(answer.text.utf8)) as? [String: Any])
            #expect(Set(members.keys) == ["state", "status", "created_at", "expires_at"])
            #expect(members["state"] as? String == "done")
            #expect(members["status"] as? Int == 201)
            let times = try ["created_at", "expires_at"].map { name in
                try Date(#require(members[name] as? String), strategy: .iso8601)
            }
            #expect(times[1].timeIntervalSince(times[0]) == 86_400)
            #expect(first.headers[.idempotencyKeyExpires] == "@\(Int(times[1].timeIntervalSince1970))")
        }
    }

    @Test("In progress: no more than that")
    func inProgress() async throws {
        let gate = Gate()
        let started = Gate()
        defer { gate.open() }
        try await withService(extra: Self.route) { _, _, _ in
            started.open()
            try await gate.pass()
            return Response(status: .ok)
        } _: { service in
            async let first = service.send("/route", key: "k")
            try await started.pass()
            let answer = try await status(of: "k", service)
            #expect(answer.status == .ok)
            #expect(answer.text == #"{"state":"in_progress"}"#)
            gate.open()
            _ = try await first
            #expect(try await status(of: "k", service).text.contains(#""state":"done""#))
        }
    }

    @Test("Unknown: 404, for a key that was never used, was given back, or is another caller's")
    func unknown() async throws {
        try await withService(extra: Self.route) { request, context, transaction in
            if request.uri.query == "fail" { throw HTTPError(.badRequest) }
            return try await ProtectedService.insert(request, context, transaction)
        } _: { service in
            try await status(of: "never", service).expectProblem(.keyUnknown)
            #expect(try await service.send("/route?fail", key: "free").status == .badRequest)
            try await status(of: "free", service).expectProblem(.keyUnknown)
            #expect(try await service.send("/route", key: "hers").status == .created)
            let answer = try await status(of: "hers", principal: "bob", service)
            answer.expectProblem(.keyUnknown)
            #expect(answer.headers[.cacheControl] == "no-store")
        }
    }

    @Test("The key is percent-encoded, and may have its quotation marks")
    func spellings() async throws {
        try await withService(extra: Self.route) { service in
            let first = try await service.send("/route", key: "\"a/b?c%#+\"")
            #expect(first.status == .created)
            for spelling in ["a%2Fb%3Fc%25%23+", "%22a%2Fb%3Fc%25%23%2B%22"] {
                let answer = try await status(of: spelling, service)
                #expect(answer.status == .ok, "\(spelling)")
            }
        }
    }

    @Test(
        "Malformed: 400 before any SQL",
        arguments: ["a%20b", "%22", "%FF", "%", "%C3%A9", String(repeating: "a", count: 256), "%22%22"])
    func malformed(key: String) async throws {
        // An HTTP client would mend some of them.
        try await withService(setup: .router, pool: .unreachable, extra: Self.route) { service in
            try await status(of: key, service).expectProblem(.keyMalformed)
        }
    }

    @Test("Database unreachable: 503 with Retry-After")
    func unavailable() async throws {
        try await withService(pool: .unreachable, extra: Self.route) { service in
            try await status(of: "k", service).expectProblem(.unavailable, retryable: true)
        }
    }
}
