import HTTPTypes
import Hummingbird
import HummingbirdIdempotency
import HummingbirdTesting
import Idempotency
import TestSupport
import Testing

@Suite("A retry that says how long it will wait", .timeLimit(.minutes(2)))
struct PreferredWaitTests {
    @Test("waits that long, up to the cap, where the policy would reject it at once", arguments: Form.allCases)
    func longer(form: Form) async throws {
        let policy = IdempotencyPolicy(waitBudget: .zero, maximumPreferredWait: .seconds(30))
        let work = HeldWork()
        try await withService(policy: policy, handler: work.handler) { service in
            async let first = service.send(form.path, key: "k")
            defer { work.release() }
            try await work.hasBegun()
            try await service.send(form.path, key: "k").expectProblem(.inFlight, retryable: true)
            async let retry = service.send(form.path, key: "k", headers: [.prefer: "respond-async, wait=3600"])
            try await waitUntil("the retry has arrived") { service.arrivals.value == 3 }
            work.release()
            let replay = try await retry
            #expect(replay.isReplay)
            #expect(replay.headers[.preferenceApplied] == "wait=30")
            let text = try await first.text
            #expect(replay.text == text)
            #expect(try await service.effects() == ["coffee"])
        }
    }

    @Test("of no time gets 409 at once, where the policy would let it wait", arguments: Form.allCases)
    func shorter(form: Form) async throws {
        let work = HeldWork()
        try await withService(policy: IdempotencyPolicy(waitBudget: .seconds(300)), handler: work.handler) { service in
            async let first = service.send(form.path, key: "k")
            defer { work.release() }
            try await work.hasBegun()
            let answer = try await service.send(form.path, key: "k", headers: [.prefer: "wait=0"])
            answer.expectProblem(.inFlight, retryable: true)
            #expect(answer.headers[.preferenceApplied] == "wait=0")
            work.release()
            #expect(try await first.status == .created)
        }
    }

    @Test("gets the policy's budget, and is told of nothing else, where preferences are ignored")
    func ignored() async throws {
        let policy = IdempotencyPolicy(waitBudget: .zero, maximumPreferredWait: .zero)
        let work = HeldWork()
        try await withService(policy: policy, handler: work.handler) { service in
            async let first = service.send("/group", key: "k")
            defer { work.release() }
            try await work.hasBegun()
            let answer = try await service.send("/group", key: "k", headers: [.prefer: "wait=5"])
            answer.expectProblem(.inFlight, retryable: true)
            #expect(answer.headers[.preferenceApplied] == nil)
            work.release()
            #expect(try await first.status == .created)
        }
    }

    @Test("reads what was applied on first answers and replays alike, beside what the handler applied")
    func applied() async throws {
        try await withService { _, _, _ in
            Response(status: .ok, headers: [.preferenceApplied: "return=minimal"])
        } _: { service in
            for isReplay in [false, true] {
                let answer = try await service.send("/group", key: "k", headers: [.prefer: "return=minimal, wait=4"])
                #expect(answer.isReplay == isReplay)
                #expect(answer.headers[values: .preferenceApplied] == ["return=minimal", "wait=4"])
            }
            // What was applied to one request is not stored for the next.
            let plain = try await service.send("/group", key: "k")
            #expect(plain.headers[values: .preferenceApplied] == ["return=minimal"])
        }
    }
}
