import HTTPTypes
import Hummingbird
import HummingbirdIdempotency
import HummingbirdTesting
import TestSupport
import Testing

@Suite("same key, other method, path, query or body", .timeLimit(.minutes(2)))
struct MismatchTests {
    /// A request that differs from `POST /group` with the body `coffee` in one respect.
    struct Other: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var method = HTTPRequest.Method.post
        var path = "/group"
        var body = "coffee"
        var contentType: String?
    }

    @Test(
        "422, which says nothing about the first request; the stored outcome stays",
        arguments: [
            Other(testDescription: "other method", method: .patch),
            Other(testDescription: "other path", path: "/route"),
            Other(testDescription: "a query", path: "/group?a=1"),
            Other(testDescription: "an empty query", path: "/group?"),
            Other(testDescription: "other body", body: "tea"),
            Other(testDescription: "empty body", body: ""),
            Other(testDescription: "a content type", contentType: "application/json"),
        ])
    func mismatch(other: Other) async throws {
        try await withService { service in
            let first = try await service.send("/group", key: "k")
            #expect(first.status == .created)
            var headers = HTTPFields()
            headers[.contentType] = other.contentType
            let answer = try await service.send(
                other.path, method: other.method, key: "k", body: other.body, headers: headers)
            answer.expectProblem(.mismatch)
            for secret in ["coffee", "effect", "/group", "POST", "201"] {
                #expect(!answer.text.contains(secret), "\(secret)")
            }
            #expect(answer.headers[.effect] == nil && answer.headers[.location] == nil)
            try await service.send("/group", key: "k").expectReplay(of: first)
            #expect(try await service.effects() == ["coffee"])
        }
    }
}
