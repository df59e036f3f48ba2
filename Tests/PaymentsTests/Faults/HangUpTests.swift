import AsyncHTTPClient
import LibPQ
import PaymentsSupport
import TestSupport
import Testing

@Suite("Row 14: a client that closes its connection", .serialized, .timeLimit(.minutes(2)))
struct HangUpTests {
    /// Pays over a connection of its own; cancelling the task closes that.
    private func payment(of service: PaymentsService) -> Task<Answer, any Error> {
        Task {
            let client = HTTPClient(eventLoopGroupProvider: .singleton)
            let answer: Result<Answer, any Error>
            do {
                answer = .success(
                    try await PaymentsService(process: service.process, database: service.database, client: client)
                        .pay(key: "k"))
            } catch {
                answer = .failure(error)
            }
            try await client.shutdown()
            return try answer.get()
        }
    }

    /// Runs the body while the account is locked, so that a payment from it waits in the handler.
    private func holdingAccount(_ service: PaymentsService, _ body: () async throws -> Void) async throws {
        try await service.database.pool.withTransaction { holder in
            try await holder.execute("SELECT 1 FROM accounts WHERE id = 1 FOR UPDATE")
            try await body()
        }
    }

    private func expectOnePayment(_ service: PaymentsService) async throws {
        try await waitUntil("the payment is committed") { try await service.count("payments") == 1 }
        let retry = try await service.pay(key: "k")
        #expect(retry.status == 201 && retry.isReplay)
        #expect(try await service.count("payments") == 1)
        #expect(try await service.balance(of: 1) == 900)
    }

    @Test("Row 14: while its payment runs: it is made nevertheless, once, and the retry replays it")
    func whileItRuns() async throws {
        try await withPayments { service in
            try await holdingAccount(service) {
                let payment = payment(of: service)
                try await service.database.waitForBlockedSessions()
                payment.cancel()
                await #expect(throws: (any Error).self) { try await payment.value }
            }
            try await expectOnePayment(service)
        }
    }

    @Test("Row 14: while its duplicate waits elsewhere, whose client hangs up, too: one payment, which both replay")
    func whileItsDuplicateWaits() async throws {
        try await withPayments { service in
            let elsewhere = PaymentsService(
                process: try await PaymentsProcess.serve(PaymentsService.environment(service.database)),
                database: service.database, client: service.client)
            var payments: [Task<Answer, any Error>] = []
            try await holdingAccount(service) {
                payments = [payment(of: service)]
                try await service.database.waitForBlockedSessions()
                payments += [payment(of: elsewhere)]
                try await service.database.waitForBlockedSessions(2)
                for payment in payments {
                    payment.cancel()
                    await #expect(throws: (any Error).self) { try await payment.value }
                }
            }
            try await expectOnePayment(service)
            #expect(try await elsewhere.pay(key: "k").isReplay)
            await elsewhere.process.dispose()
        }
    }
}
