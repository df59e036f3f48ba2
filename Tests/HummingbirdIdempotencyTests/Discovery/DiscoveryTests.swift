import HTTPTypes
import Hummingbird
import HummingbirdIdempotency
import HummingbirdTesting
import Idempotency
import LibPQ
import NIOCore
import Testing

@Suite("The discovery document")
struct DiscoveryTests {
    private func document(_ policies: [(String, IdempotencyPolicy)]) async throws -> TestResponse {
        let router = Router(context: TestContext.self)
        let catalogue = IdempotencyCatalogue(of: router)
        let configuration = try PostgresPool.Configuration(url: "postgresql://127.0.0.1:1/nowhere")
        let idempotency = Idempotency(pool: PostgresPool(configuration: configuration))
        for (path, policy) in policies {
            router.group(
                RouterPath(path), protectedBy: IdempotencyMiddleware(idempotency, policy: policy) { _, _ in "" },
                listedIn: catalogue
            ).post { _, _ in "" }
        }
        router.idempotencyDiscovery(catalogue)
        return try await Application(router: router).test(.router) { client in
            try await client.execute(uri: "/.well-known/idempotency", method: .get)
        }
    }

    @Test("Says what each route does, in members that stay")
    func exact() async throws {
        let answer = try await document([
            ("payments/{id}/refunds", IdempotencyPolicy()),
            (
                "cards",
                IdempotencyPolicy(
                    retention: .seconds(100), waitBudget: .zero, maximumPreferredWait: .milliseconds(2500),
                    handlerDeadline: .seconds(30), lateRetries: .refuse(remember: .hours(1)), replay: .none,
                    fingerprint: .rawBody.including(fields: [HTTPField.Name("Stripe-Account")!]),
                    newKeys: NewKeyLimit(5, per: .minutes(1)), keyRequired: false, keySyntax: .strict,
                    isFinal: { _, _ in true })
            ),
        ])
        #expect(answer.status == .ok)
        #expect(answer.headers[.contentType] == "application/json")
        #expect(answer.headers[.cacheControl] == "public, max-age=3600")
        #expect(String(buffer: answer.body) == Self.expected)
    }

    private static let expected = """
        {
          "header_fields" : {
            "expires" : "Idempotency-Key-Expires",
            "key" : "Idempotency-Key",
            "replayed" : "Idempotent-Replayed"
          },
          "routes" : [
            {
              "documentation" : "/docs/idempotency",
              "final_errors" : {
                "decided_by" : "status",
                "statuses" : [
                  402,
                  404,
                  409,
                  410,
                  422
                ]
              },
              "fingerprint" : "raw_body",
              "handler_deadline_seconds" : 60,
              "in_flight" : {
                "action" : "wait",
                "maximum_preferred_wait_seconds" : 10,
                "wait_seconds" : 2
              },
              "key" : {
                "maximum_length" : 255,
                "required" : true,
                "syntax" : "lenient"
              },
              "late_retries" : {
                "action" : "reexecute"
              },
              "limits" : {
                "request_body" : 1048576,
                "request_headers" : 32768,
                "response_body" : 1048576,
                "response_headers" : 32768
              },
              "method" : "POST",
              "path" : "/payments/{id}/refunds",
              "replay" : "snapshot",
              "retention_seconds" : 86400
            },
            {
              "documentation" : "/docs/idempotency",
              "final_errors" : {
                "decided_by" : "service"
              },
              "fingerprint" : "raw_body",
              "fingerprint_fields" : [
                "Stripe-Account"
              ],
              "handler_deadline_seconds" : 30,
              "in_flight" : {
                "action" : "reject",
                "maximum_preferred_wait_seconds" : 2.5,
                "wait_seconds" : 0
              },
              "key" : {
                "maximum_length" : 255,
                "required" : false,
                "syntax" : "strict"
              },
              "late_retries" : {
                "action" : "refuse",
                "remember_seconds" : 3600
              },
              "limits" : {
                "request_body" : 1048576,
                "request_headers" : 32768,
                "response_body" : 1048576,
                "response_headers" : 32768
              },
              "method" : "POST",
              "new_keys" : {
                "count" : 5,
                "period_seconds" : 60
              },
              "path" : "/cards",
              "replay" : "none",
              "retention_seconds" : 100
            }
          ]
        }
        """
}
