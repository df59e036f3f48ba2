import NIOHTTP1
import Testing

@Suite("Refunds", .serialized, .timeLimit(.minutes(3)))
struct RefundTests {
    private func refund(
        _ service: PaymentsService, _ payment: String, _ amount: String, key: String, tenant: String = "acme"
    ) async throws -> Answer {
        try await service.send(
            .POST, "/payments/\(payment)/refunds", tenant: tenant, key: key, body: "{\"amount\": \(amount)}")
    }

    @Test("A refund answers 201 and raises the balance, in parts up to the payment and no further")
    func parts() async throws {
        try await withPayments { service in
            let payment = try #require(try await service.pay(500, key: "p").text("id"))
            let first = try await refund(service, payment, "300", key: "a")
            #expect(first.status == 201)
            #expect(first.text("payment_id") == payment)
            #expect(first.number("amount") == 300)
            #expect(try await refund(service, payment, "300", key: "a").isReplay)
            #expect(try await service.balance(of: 1) == 800)

            let over = try await refund(service, payment, "201", key: "b")
            #expect(over.status == 409 && over.problem == "refund-too-large")
            let again = try await refund(service, payment, "201", key: "b")
            #expect(again.status == 409 && again.isReplay)
            #expect(try await refund(service, payment, "200", key: "c").status == 201)
            #expect(try await service.balance(of: 1) == 1000)
        }
    }

    @Test("Ten refunds at once cannot exceed the payment")
    func together() async throws {
        try await withPayments { service in
            let payment = try #require(try await service.pay(500, key: "p").text("id"))
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for index in 1...10 {
                    group.addTask { try await refund(service, payment, "200", key: "k\(index)").status }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.count { $0 == 201 } == 2)
            #expect(statuses.count { $0 == 409 } == 8)
            #expect(try await service.balance(of: 1) == 900)
        }
    }

    @Test("Unknown and foreign payments: 404; invalid amounts: 400; without key: 400")
    func refused() async throws {
        try await withPayments { service in
            let payment = try #require(try await service.pay(500, key: "p").text("id"))
            #expect(try await refund(service, payment, "1", key: "a", tenant: "globex").status == 404)
            #expect(try await refund(service, "4e1ff6b5-0000-0000-0000-000000000000", "1", key: "b").status == 404)
            #expect(try await refund(service, "x", "1", key: "c").status == 404)
            for amount in ["0", "-1", "1.5", "\"1\"", "null", "9223372036854775808"] {
                let answer = try await refund(service, payment, amount, key: "d")
                #expect(answer.status == 400 && answer.text("field") == "amount")
            }
            let unkeyed = try await service.send(.POST, "/payments/\(payment)/refunds", body: #"{"amount": 1}"#)
            #expect(unkeyed.problem == "key-missing")
            #expect(try await service.count("refunds") == 0)
        }
    }
}
