import Testing

@testable import IdempotencyTesting

@Suite("Retries of the client")
struct RetryDecisionTests {
    @Test(
        "an answer is final unless it is 5xx or 409, and the undisturbed run's status is final always",
        arguments: [
            (201 as Int?, 201, RetryDecision.accept), (402, 201, .accept), (409, 409, .accept), (409, 201, .retry),
            (500, 201, .retry), (503, 201, .retry), (nil, 201, .retry),
        ])
    func final(status: Int?, expected: Int, decision: RetryDecision) {
        #expect(RetryDecision.after(status: status, attempt: 1, expected: expected) == decision)
    }

    @Test("after ten attempts it gives up, but takes an answer that comes then")
    func bounded() {
        #expect(RetryDecision.after(status: 503, attempt: 9, expected: 201) == .retry)
        #expect(RetryDecision.after(status: 503, attempt: 10, expected: 201) == .giveUp)
        #expect(RetryDecision.after(status: 201, attempt: 10, expected: 201) == .accept)
    }
}
