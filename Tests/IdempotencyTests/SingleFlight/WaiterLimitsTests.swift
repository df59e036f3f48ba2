import TestSupport
import Testing

@testable import Idempotency

@Suite("Waiter limits", .timeLimit(.minutes(1)))
struct WaiterLimitsTests {
    @Test("the defaults are 64 for a key and 4096 in all")
    func defaults() throws {
        let limits = WaiterLimits()
        try limits.validate()
        #expect(limits.perKey == 64 && limits.total == 4096)
    }

    @Test(
        "a limit under 1 is refused with a sentence that names it",
        arguments: [
            (WaiterLimits(perKey: 0), "perKey must be at least 1, but is 0"),
            (WaiterLimits(perKey: 1, total: -1), "total must be at least 1, but is -1"),
        ])
    func invalid(limits: WaiterLimits, sentence: String) {
        let error = #expect(throws: IdempotencyError.self) { try limits.validate() }
        #expect(error?.code == .invalidConfiguration && error?.message.contains(sentence) == true)
    }

    @Test("an engine turns away at once who is one too many, for a key or in all; the others get the outcome")
    func engine() async throws {
        try await withPerformFixture { fixture in
            let engine = Idempotency(
                pool: try fixture.database.makePool(of: 4), policy: PerformFixture.patient,
                waiters: WaiterLimits(perKey: 1, total: 2), logger: PerformFixture.quiet)
            let gate = Gate()
            defer { gate.open() }
            let requests = ["a", "b", "c"].map { KeyedRequest(key: $0) }
            var running: [Task<Performed, any Error>] = []
            for request in requests {
                let begun = Gate()
                running.append(
                    Task {
                        try await engine.perform(request) { transaction in
                            begun.open()
                            try await gate.pass()
                            return try await request.pay(transaction)
                        }
                    })
                try await begun.pass()
            }
            running.append(contentsOf: requests.prefix(2).map { request in Task { try await engine.pay(request) } })
            while engine.singleFlight.waiterCount != 2 { await Task.yield() }
            for request in requests {
                #expect(await idempotencyError { try await engine.pay(request) } == .inFlight)
            }
            gate.open()
            for task in running { _ = try await task.value }
            #expect(try await fixture.effects() == 3)
        }
    }
}
