import HTTPTypes
import Hummingbird
import HummingbirdIdempotency
import HummingbirdTesting
import Idempotency
import NIOCore
import TestSupport
import Testing

@Suite("Header fields of a request over the limit", .timeLimit(.minutes(2)))
struct RequestHeaderLimitTests {
    @Test("get 431 before the key is looked at, the body is read or the database asked", arguments: Form.allCases)
    func over(form: Form) async throws {
        let policy = IdempotencyPolicy(maximumRequestHeaders: 1000)
        try await withService(policy: policy, pool: .unreachable) { service in
            let headers: HTTPFields = [.effect: String(repeating: "x", count: 1000)]
            for key in ["k", nil, ""] {
                let answer = try await service.send(
                    form.path, key: key, body: String(repeating: "x", count: 2 << 20), headers: headers)
                answer.expectProblem(.requestHeadersTooLarge)
                #expect(answer.text.contains("1000 bytes"))
            }
            #expect(service.arrivals.value == 0)
        }
    }

    @Test("are counted in bytes of names and values; a request at the limit is accepted")
    func atLimit() async throws {
        // The router framework adds no more fields than these.
        let fields: HTTPFields = [.idempotencyKey: "k", .principal: "alice", .effect: "12345", .contentLength: "6"]
        let size = fields.reduce(0) { $0 + $1.name.rawName.utf8.count + $1.value.utf8.count }
        for (limit, status) in [(size, HTTPResponse.Status.created), (size - 1, .requestHeaderFieldsTooLarge)] {
            try await withService(policy: IdempotencyPolicy(maximumRequestHeaders: limit), setup: .router) { service in
                let answer = try await service.client.execute(
                    uri: "/route", method: .post, headers: fields, body: ByteBuffer(string: "coffee"))
                #expect(answer.status == status)
            }
        }
    }
}
