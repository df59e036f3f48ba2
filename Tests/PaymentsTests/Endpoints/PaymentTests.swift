import LibPQ
import NIOHTTP1
import TestSupport
import Testing

@Suite("Payments", .serialized, .timeLimit(.minutes(3)))
struct PaymentTests {
    @Test("A payment answers 201 with its address, lowers the balance, and can be read")
    func pay() async throws {
        try await withPayments { service in
            let answer = try await service.pay(250, key: "k", reference: "order-17")
            #expect(answer.status == 201)
            let id = try #require(answer.text("id"))
            #expect(answer.headers.first(name: "Location") == "/payments/\(id)")
            #expect(answer.number("account_id") == 1)
            #expect(answer.number("amount") == 250)
            #expect(answer.text("currency") == "EUR")
            #expect(answer.text("reference") == "order-17")
            #expect(answer.text("status") == "succeeded")
            #expect(answer.text("created_at")?.hasSuffix("Z") == true)
            #expect(try await service.balance(of: 1) == 750)

            let read = try await service.send(.GET, "/payments/\(id)")
            #expect(read.status == 200)
            #expect(read.body == answer.body)
            let found = try await service.send(.GET, "/payments?reference=order-17")
            #expect(found.body == "[\(answer.body)]")
            #expect(try await service.send(.GET, "/payments?reference=order%2D18").body == "[]")
        }
    }

    @Test("A retry is the same bytes, marked; the balance goes down once")
    func retry() async throws {
        try await withPayments { service in
            let first = try await service.pay(key: "k")
            let second = try await service.pay(key: "\"k\"")
            #expect(second.isReplay && !first.isReplay)
            #expect(second.status == first.status && second.body == first.body)
            #expect(second.headers.first(name: "Location") == first.headers.first(name: "Location"))
            #expect(try await service.balance(of: 1) == 900)
        }
    }

    @Test("Twenty at once with one key: one payment, equal bodies")
    func doubleClick() async throws {
        try await withPayments { service in
            let bodies = try await withThrowingTaskGroup(of: Answer.self) { group in
                for _ in 1...20 { group.addTask { try await service.pay(key: "k") } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(bodies.map(\.body)).count == 1)
            #expect(bodies.allSatisfy { $0.status == 201 })
            #expect(try await service.count("payments") == 1)
            #expect(try await service.balance(of: 1) == 900)
        }
    }

    @Test(
        "A balance that is too small: 402, again on retry, and nothing is touched; another key succeeds once there is money"
    )
    func tooSmall() async throws {
        try await withPayments { service in
            let first = try await service.pay(1001, key: "k")
            #expect(first.status == 402)
            #expect(first.problem == "insufficient-balance")
            try await service.database.pool.execute("UPDATE accounts SET balance = 1001 WHERE id = 1")
            let retry = try await service.pay(1001, key: "k")
            #expect(retry.status == 402 && retry.isReplay && retry.body == first.body)
            #expect(try await service.balance(of: 1) == 1001)
            #expect(try await service.pay(1001, key: "k2").status == 201)
            #expect(try await service.balance(of: 1) == 0)
        }
    }

    @Test("An unknown account: 404, which is stored; another tenant's account is as unknown")
    func unknownAccount() async throws {
        try await withPayments { service in
            for account in [Int64(99), 3, -1, 0] {
                let first = try await service.pay(from: account, key: "k\(account)")
                #expect(first.status == 404)
                #expect(first.problem == "not-found")
                #expect(try await service.pay(from: account, key: "k\(account)").isReplay)
            }
            #expect(try await service.balance(of: 3) == 1000)
        }
    }

    /// Bodies, and the field that each is wrong in.
    private static let invalidBodies = [
        (#"{"amount": 1, "currency": "EUR"}"#, "account_id"),
        (#"{"account_id": "1", "amount": 1, "currency": "EUR"}"#, "account_id"),
        (#"{"account_id": 1, "currency": "EUR"}"#, "amount"),
        (#"{"account_id": 1, "amount": 0, "currency": "EUR"}"#, "amount"),
        (#"{"account_id": 1, "amount": -5, "currency": "EUR"}"#, "amount"),
        (#"{"account_id": 1, "amount": 1.5, "currency": "EUR"}"#, "amount"),
        (#"{"account_id": 1, "amount": 9223372036854775808, "currency": "EUR"}"#, "amount"),
        (#"{"account_id": 1, "amount": 1e30, "currency": "EUR"}"#, "amount"),
        (#"{"account_id": 1, "amount": "1", "currency": "EUR"}"#, "amount"),
        (#"{"account_id": 1, "amount": true, "currency": "EUR"}"#, "amount"),
        (#"{"account_id": 1, "amount": null, "currency": "EUR"}"#, "amount"),
        (#"{"account_id": 1, "amount": 1}"#, "currency"),
        (#"{"account_id": 1, "amount": 1, "currency": "eur"}"#, "currency"),
        (#"{"account_id": 1, "amount": 1, "currency": "USD"}"#, "currency"),
        (#"{"account_id": 1, "amount": 1, "currency": 978}"#, "currency"),
        (#"{"account_id": 1, "amount": 1, "currency": "EUR", "reference": 7}"#, "reference"),
        (#"{"account_id": 1, "amount": 1, "currency": "EUR", "reference": "a\u0000b"}"#, "reference"),
        (
            "{\"account_id\": 1, \"amount\": 1, \"currency\": \"EUR\", \"reference\": \"\(String(repeating: "x", count: 141))\"}",
            "reference"
        ),
    ]

    @Test("An invalid body: 400 that names the field, nothing stored")
    func invalid() async throws {
        try await withPayments { service in
            for (body, field) in Self.invalidBodies {
                let answer = try await service.send(.POST, "/payments", key: "k", body: body)
                #expect(answer.status == 400, "\(body)")
                #expect(answer.problem == "invalid-request", "\(body)")
                #expect(answer.text("field") == field, "\(body)")
            }
            #expect(try await service.count("idempotency.keys") == 0)
            #expect(try await service.balance(of: 1) == 1000)
        }
    }

    @Test("What is not a JSON object: 400, nothing stored")
    func notJSON() async throws {
        try await withPayments { service in
            for body in ["", "{", "[]", "1", "null", "\"text\"", "{\"account_id\": 1,}", "\u{0}"] {
                let answer = try await service.send(.POST, "/payments", key: "k", body: body)
                #expect(answer.status == 400, "\(body)")
                #expect(answer.problem == "invalid-request", "\(body)")
            }
            #expect(try await service.count("idempotency.keys") == 0)
        }
    }

    @Test("The largest amount and the longest reference are accepted")
    func edges() async throws {
        try await withPayments { service in
            try await service.database.pool.execute("UPDATE accounts SET balance = \(Int64.max) WHERE id = 1")
            let reference = String(repeating: "\u{E9}", count: 140)
            let answer = try await service.pay(.max, key: "k", reference: reference)
            #expect(answer.status == 201)
            #expect(answer.number("amount") == .max)
            #expect(answer.text("reference") == reference)
            #expect(try await service.balance(of: 1) == 0)
        }
    }

    @Test("Payments that are not there, or not one's own: 404; a search without reference: 400")
    func reading() async throws {
        try await withPayments { service in
            let id = try #require(try await service.pay(key: "k", reference: "mine").text("id"))
            #expect(try await service.send(.GET, "/payments/\(id)", tenant: "globex").status == 404)
            #expect(try await service.send(.GET, "/payments?reference=mine", tenant: "globex").body == "[]")
            for path in ["/payments/4e1ff6b5-0000-0000-0000-000000000000", "/payments/17", "/payments/\(id)/nothing"] {
                let answer = try await service.send(.GET, path)
                #expect(answer.status == 404)
                #expect(answer.problem == "not-found")
            }
            let answer = try await service.send(.GET, "/payments")
            #expect(answer.status == 400)
            #expect(answer.text("field") == "reference")
            #expect(try await service.send(.GET, "/payments?reference=%00").body == "[]")
        }
    }

    @Test("The key is required; another body with it is refused; the other tenant's key is another key")
    func keys() async throws {
        try await withPayments { service in
            let body = #"{"account_id": 1, "amount": 100, "currency": "EUR"}"#
            #expect(try await service.send(.POST, "/payments", body: body).problem == "key-missing")
            #expect(try await service.send(.POST, "/payments", key: "a b", body: body).problem == "key-malformed")
            #expect(try await service.pay(key: "k").status == 201)
            let mismatch = try await service.pay(200, key: "k")
            #expect(mismatch.status == 422 && mismatch.problem == "mismatch")
            let other = try await service.pay(300, from: 3, key: "k", tenant: "globex")
            #expect(other.status == 201 && !other.isReplay)
            #expect(try await service.balance(of: 1) == 900)
            #expect(try await service.balance(of: 3) == 700)
        }
    }
}
