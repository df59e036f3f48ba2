import HTTPTypes
import Hummingbird
import HummingbirdIdempotency
import HummingbirdTesting
import TestSupport
import Testing

@Suite(
    "key malformed: empty, over 255 characters, not visible ASCII, several header fields, broken structured string",
    .timeLimit(.minutes(2)))
struct MalformedKeyTests {
    @Test(
        "Row 16: 400 before any SQL",
        arguments: [
            "", "\"\"", String(repeating: "a", count: 256), "a b", "\"a b\"", "\"abc", "\"a\" \"b\"", "k\u{E9}y",
            "a\tb",
        ])
    func malformed(key: String) async throws {
        try await withService(pool: .unreachable) { service in
            let answer = try await service.send("/route", key: key)
            answer.expectProblem(.keyMalformed)
            #expect(service.arrivals.value == 0)
        }
    }

    @Test("in several header fields: 400, even if they agree", arguments: ["a", "b"])
    func several(second: String) async throws {
        try await withService(pool: .unreachable) { service in
            var headers = HTTPFields()
            headers.append(HTTPField(name: .idempotencyKey, value: "a"))
            headers.append(HTTPField(name: .idempotencyKey, value: second))
            try await service.send("/group", key: nil, headers: headers).expectProblem(.keyMalformed)
        }
    }

    @Test("Row 16: with 1 and with 255 characters it is well-formed", arguments: [1, 255])
    func length(length: Int) async throws {
        try await withService { service in
            let key = String(repeating: "~", count: length)
            let first = try await service.send("/route", key: key)
            #expect(first.status == .created)
            try await service.send("/route", key: key).expectReplay(of: first)
        }
    }
}
