import FaultProxy
import HTTPTypes
import Hummingbird
import HummingbirdIdempotency
import HummingbirdTesting
import Idempotency
import TestSupport
import Testing

@Suite("COMMIT outcome unknown", .timeLimit(.minutes(2)))
struct OutcomeUnknownTests {
    /// COMMIT lost before the server has it (nothing is committed), or its answer lost (everything is).
    private static let moments: [Passage.Moment] = [.beforeRequest, .beforeAnswer]

    @Test(
        "resolved by claiming the key again: the client gets the answer of the run that is committed, the only one",
        arguments: Form.allCases, moments)
    func resolved(form: Form, moment: Passage.Moment) async throws {
        let runs = Counter()
        try await withService(pool: .proxied) { request, context, transaction in
            runs.increment()
            return try await ProtectedService.insert(request, context, transaction)
        } _: { service in
            let proxy = try #require(service.proxy)
            proxy.inject(.close, at: .commit(moment))
            let answer = try await service.send(form.path, key: "k")
            #expect(proxy.fired == 1)
            #expect(answer.status == .created && !answer.isReplay)
            #expect(answer.headers[.setCookie] != nil, "a first answer is whole")
            #expect(runs.value == (moment == .beforeRequest ? 2 : 1))
            try await service.send(form.path, key: "k").expectReplay(of: answer)
            #expect(try await service.effects() == ["coffee"])
        }
    }

    @Test(
        "past the deadline: 503 and Retry-After; a retry with the same key tells, and there is one effect",
        arguments: moments)
    func away(moment: Passage.Moment) async throws {
        let policy = IdempotencyPolicy(waitBudget: .milliseconds(200), resolveDeadline: .milliseconds(400))
        try await withService(policy: policy, pool: .proxied) { service in
            let proxy = try #require(service.proxy)
            proxy.inject(.close, at: .commit(moment), thenAway: true)
            try await service.send("/group", key: "k").expectProblem(.outcomeUnknown, retryable: true)
            proxy.comeBack()
            // An attempt to connect from before the database came back may fail a little later.
            try await waitUntil("the retry is answered") {
                let retry = try await service.send("/group", key: "k")
                guard retry.status != .serviceUnavailable else { return false }
                #expect(retry.status == .created)
                #expect(retry.isReplay == (moment == .beforeAnswer))
                return true
            }
            #expect(try await service.effects() == ["coffee"])
        }
    }
}
