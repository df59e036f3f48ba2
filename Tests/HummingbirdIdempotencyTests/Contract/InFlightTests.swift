import HTTPTypes
import Hummingbird
import HummingbirdIdempotency
import HummingbirdTesting
import Idempotency
import TestSupport
import Testing

@Suite("retry while the first runs", .timeLimit(.minutes(2)))
struct InFlightTests {
    @Test("waits and then replays", arguments: Form.allCases)
    func waits(form: Form) async throws {
        let work = HeldWork()
        try await withService(policy: IdempotencyPolicy(waitBudget: .seconds(30)), handler: work.handler) { service in
            async let first = service.send(form.path, key: "k")
            defer { work.release() }
            try await work.hasBegun()
            async let retry = service.send(form.path, key: "k")
            try await waitUntil("the retry has arrived") { service.arrivals.value == 2 }
            work.release()
            try await retry.expectReplay(of: first)
            #expect(try await service.effects() == ["coffee"])
        }
    }

    @Test(
        "Row 2: past the budget, or with none: 409 and Retry-After; later the answer",
        arguments: [Duration.milliseconds(50), .zero])
    func budget(budget: Duration) async throws {
        let work = HeldWork()
        try await withService(policy: IdempotencyPolicy(waitBudget: budget), handler: work.handler) { service in
            async let first = service.send("/group", key: "k")
            defer { work.release() }
            try await work.hasBegun()
            try await service.send("/group", key: "k").expectProblem(.inFlight, retryable: true)
            work.release()
            let answer = try await first
            #expect(answer.status == .created)
            try await service.send("/group", key: "k").expectReplay(of: answer)
            #expect(try await service.effects() == ["coffee"])
        }
    }

    @Test("twenty at once with one key: one effect, twenty equal answers", arguments: Form.allCases)
    func together(form: Form) async throws {
        try await withService { service in
            let answers = try await withThrowingTaskGroup(of: TestResponse.self) { group in
                for _ in 1...20 { group.addTask { try await service.send(form.path, key: "k") } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(answers.map(\.text)) == ["effect 1: coffee"])
            #expect(Set(answers.map(\.status)) == [.created])
            #expect(answers.count { !$0.isReplay } == 1)
            #expect(try await service.effects() == ["coffee"])
        }
    }

    @Test("Row 4: another request waits, too, and gets 422 when the first is done")
    func mismatch() async throws {
        let work = HeldWork()
        try await withService(policy: IdempotencyPolicy(waitBudget: .seconds(30)), handler: work.handler) { service in
            async let first = service.send("/group", key: "k")
            defer { work.release() }
            try await work.hasBegun()
            async let other = service.send("/group", key: "k", body: "tea")
            try await waitUntil("the other request has arrived") { service.arrivals.value == 2 }
            work.release()
            #expect(try await first.status == .created)
            try await other.expectProblem(.mismatch)
            #expect(try await service.effects() == ["coffee"])
        }
    }

    @Test("the budget is 2 seconds by default")
    func defaultBudget() {
        #expect(IdempotencyPolicy().waitBudget == .seconds(2))
    }
}
