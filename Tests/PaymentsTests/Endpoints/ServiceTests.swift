import Foundation
import HummingbirdIdempotency
import LibPQ
import NIOHTTP1
import PaymentsSupport
import TestSupport
import Testing

@testable import Payments

@Suite("The service's own endpoints", .serialized, .timeLimit(.minutes(3)))
struct ServiceTests {
    @Test("Everything about money needs a known token; the rest does not")
    func authentication() async throws {
        try await withPayments { service in
            for (method, path) in [
                (HTTPMethod.POST, "/payments"), (.GET, "/payments?reference=a"), (.GET, "/payments/1"),
                (.POST, "/payments/1/refunds"), (.POST, "/accounts"), (.GET, "/accounts/1"),
            ] {
                for tenant in [nil, "initech"] {
                    let answer = try await service.send(method, path, tenant: tenant, key: "k")
                    #expect(answer.status == 401)
                    #expect(answer.problem == "unauthorized")
                    #expect(answer.headers.first(name: "WWW-Authenticate")?.hasPrefix("Bearer realm=") == true)
                }
            }
            for path in ["/health", "/ready", "/docs/idempotency", "/openapi.yaml"] {
                #expect(try await service.send(.GET, path, tenant: nil).status == 200)
            }
        }
    }

    @Test("A stored answer is not given to a caller without token")
    func replayNeedsToken() async throws {
        try await withPayments { service in
            #expect(try await service.pay(key: "k").status == 201)
            let body = #"{"account_id": 1, "amount": 100, "currency": "EUR"}"#
            let answer = try await service.send(.POST, "/payments", tenant: nil, key: "k", body: body)
            #expect(answer.status == 401)
        }
    }

    @Test("With PAYMENTS_AUTH=off everybody is the tenant demo")
    func authenticationOff() async throws {
        try await withPayments(settings: ["PAYMENTS_AUTH": "off", "PAYMENTS_API_TOKENS": ""]) { service in
            try await service.database.pool.execute("UPDATE accounts SET tenant = 'demo' WHERE id = 1")
            #expect(try await service.send(.GET, "/accounts/1", tenant: nil).status == 200)
            #expect(try await service.send(.GET, "/accounts/2", tenant: nil).status == 404)
        }
    }

    @Test("Ready while the database has every migration, 503 when one is missing, and health is not concerned")
    func readiness() async throws {
        try await withPayments { service in
            #expect(try await service.send(.GET, "/ready").status == 200)
            try await service.database.pool.execute("DROP SCHEMA IF EXISTS idempotency CASCADE")
            try await service.database.pool.execute(
                "DO $$ DECLARE t text; BEGIN FOR t IN SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE tablename LIKE '%migrations%' LOOP EXECUTE 'DELETE FROM ' || t; END LOOP; END $$"
            )
            let answer = try await service.send(.GET, "/ready")
            #expect(answer.status == 503)
            #expect(answer.problem != nil || answer.text("type") == "about:blank")
            #expect(try await service.send(.GET, "/health").status == 200)
        }
    }

    @Test("The page has a section for each problem type")
    func page() async throws {
        let kinds = ProblemKind.allCases.map(\.rawValue) + PaymentsProblemKind.allCases.map(\.rawValue)
        try await withPayments { service in
            let page = try await service.send(.GET, "/docs/idempotency", tenant: nil)
            #expect(page.headers.first(name: "Content-Type") == "text/html; charset=utf-8")
            for kind in kinds { #expect(page.body.contains("<section id=\"\(kind)\">")) }
        }
    }

    @Test("The OpenAPI document is served, with the key that the policy asks for")
    func openAPI() async throws {
        try await withPayments(settings: ["PAYMENTS_KEY_SYNTAX": "strict"]) { service in
            let document = try await service.send(.GET, "/openapi.yaml", tenant: nil)
            #expect(document.headers.first(name: "Content-Type") == "application/yaml")
            #expect(document.body.hasPrefix("openapi: '3.1.0'\n"))
            #expect(document.body.contains("{ $ref: '#/components/parameters/StrictIdempotencyKey' }"))
            let page = try await service.send(.GET, "/docs/idempotency", tenant: nil)
            #expect(page.body.contains("It is sent in quotation marks"))
        }
    }

    @Test("The discovery document lists the three routes that need a key, with the retention that is set")
    func discovery() async throws {
        try await withPayments(settings: ["PAYMENTS_RETENTION": "40s"]) { service in
            let answer = try await service.send(.GET, "/.well-known/idempotency", tenant: nil)
            let routes = try #require(answer.members["routes"] as? [[String: Any]])
            #expect(
                routes.compactMap { $0["path"] as? String } == ["/accounts", "/payments", "/payments/{id}/refunds"])
            for route in routes {
                #expect(route["retention_seconds"] as? Int == 40)
                #expect(route["handler_deadline_seconds"] as? Int == 20)
            }
            let page = try await service.send(.GET, "/docs/idempotency", tenant: nil)
            #expect(page.body.contains("kept for 40 seconds") && page.body.contains("for it, 2 seconds"))
        }
    }

    @Test("A caller can ask for its own keys, and for nobody else's")
    func keyStatus() async throws {
        try await withPayments { service in
            #expect(try await service.send(.GET, "/idempotency-keys/k").problem == "key-unknown")
            #expect(try await service.pay(key: "k").status == 201)
            let answer = try await service.send(.GET, "/idempotency-keys/k")
            #expect(answer.status == 200)
            #expect(answer.text("state") == "done" && answer.number("status") == 201)
            #expect(try await service.send(.GET, "/idempotency-keys/k", tenant: "globex").problem == "key-unknown")
            #expect(try await service.send(.GET, "/idempotency-keys/k", tenant: nil).status == 401)
        }
    }

    @Test("A method that an address does not have: 405 that names those it has")
    func otherMethod() async throws {
        try await withPayments { service in
            let answer = try await service.send(.PUT, "/payments/\(UUID())", tenant: nil)
            #expect(answer.status == 405)
            #expect(answer.headers.first(name: "Allow") == "GET, HEAD")
            #expect(answer.headers.first(name: "Content-Type") == "application/problem+json")
            #expect(try await service.send(.DELETE, "/payments").headers.first(name: "Allow") == "GET, HEAD, POST")
            #expect(try await service.send(.DELETE, "/nowhere").status == 404)
        }
    }

    @Test("A request that fails on the service's side leaves a line in the log, without the key or the body")
    func failureIsLogged() async throws {
        try await withPayments(settings: ["LOG_LEVEL": "info"]) { service in
            let key = "key-to-keep"
            try await service.database.pool.withTransaction { holder in
                try await holder.execute("SELECT 1 FROM accounts WHERE id = 1 FOR UPDATE")
                let answer = try await service.pay(key: key, reference: "body-to-keep")
                #expect(answer.status == 503 && answer.problem == "unavailable")
            }
            try await waitUntil("the line is written") { service.process.errors.contains("Request failed") }
            #expect(service.process.errors.contains("idempotency.problem=unavailable"))
            #expect(!service.process.errors.contains(key) && !service.process.errors.contains("body-to-keep"))
        }
    }

    @Test("The endpoints for benchmarks are there only when asked for")
    func baseline() async throws {
        let body = #"{"account_id": 1, "amount": 100, "currency": "EUR"}"#
        try await withPayments { service in
            let unprotected = try await service.send(.POST, "/unprotected/payments", body: body)
            #expect(unprotected.status == 404)
            #expect(try await service.send(.POST, "/hello").status == 404)
        }
        try await withPayments(settings: ["PAYMENTS_BASELINE": "1"]) { service in
            let hello = try await service.send(.POST, "/hello", tenant: nil)
            #expect(hello.body == "hello")
            for _ in 1...2 { #expect(try await service.send(.POST, "/unprotected/payments", body: body).status == 201) }
            #expect(try await service.balance(of: 1) == 800)
            #expect(try await service.send(.POST, "/unprotected/payments", tenant: nil, body: body).status == 401)
            let tooMuch = #"{"account_id": 1, "amount": 5000, "currency": "EUR"}"#
            #expect(try await service.send(.POST, "/unprotected/payments", body: tooMuch).status == 402)
        }
    }
}
