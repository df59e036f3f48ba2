import HTTPTypes
import Testing

@testable import Idempotency

@Suite("Policy")
struct IdempotencyPolicyTests {
    @Test("the defaults are those of the contract, and valid")
    func defaults() throws {
        let policy = IdempotencyPolicy()
        try policy.validate()
        #expect(policy.retention == .seconds(86_400))
        #expect(policy.waitBudget == .seconds(2))
        #expect(policy.maximumPreferredWait == .seconds(10))
        #expect(policy.handlerDeadline == .seconds(60))
        #expect(policy.lateRetries == .reexecute)
        #expect(policy.replay == .snapshot)
        #expect(policy.storedHeaders == .all)
        #expect(policy.newKeys == nil)
        #expect(policy.isFinal == nil)
        #expect(policy.maximumRequestHeaders == 32_768)
        #expect(policy.maximumResponseHeaders == 32_768)
        #expect(policy.keyRequired)
        #expect(policy.keySyntax == .lenient)
        #expect(policy.methods == [.post, .patch])
        #expect(policy.finalStatuses == [402, 404, 409, 410, 422])
        #expect(policy.maximumRequestBody == 1_048_576)
        #expect(policy.maximumResponseBody == 1_048_576)
        #expect(policy.maximumReruns == 3)
        #expect(policy.resolveDeadline == .seconds(10))
    }

    @Test(
        "values at the edge are accepted",
        arguments: [
            IdempotencyPolicy(retention: .milliseconds(80_001)),
            IdempotencyPolicy(lateRetries: .refuse(remember: .milliseconds(1))),
            IdempotencyPolicy(newKeys: NewKeyLimit(1, per: .milliseconds(1))),
            IdempotencyPolicy(maximumPreferredWait: .zero),
            IdempotencyPolicy(retention: .hours(24 * 3653)),
            IdempotencyPolicy(waitBudget: .zero),
            IdempotencyPolicy(waitBudget: .hours(1)),
            IdempotencyPolicy(finalStatuses: []),
            IdempotencyPolicy(finalStatuses: [400, 499]),
            IdempotencyPolicy(maximumRequestBody: 1, maximumResponseBody: 512 << 20),
            IdempotencyPolicy(maximumReruns: 0),
            IdempotencyPolicy(resolveDeadline: .milliseconds(1)),
        ])
    func accepted(policy: IdempotencyPolicy) throws {
        try policy.validate()
    }

    @Test(
        "a value that makes no sense is refused with a sentence that names it",
        arguments: [
            (IdempotencyPolicy(retention: .zero), "retention must be positive"),
            (IdempotencyPolicy(retention: .seconds(-1)), "retention must be positive"),
            (IdempotencyPolicy(retention: .hours(24 * 3653) + .seconds(1)), "retention must be at most"),
            (
                IdempotencyPolicy(retention: .seconds(80)),
                "longer than the longest wait, handlerDeadline and resolveDeadline together"
            ),
            (IdempotencyPolicy(handlerDeadline: .hours(24)), "longer than the longest wait, handlerDeadline"),
            (IdempotencyPolicy(handlerDeadline: .zero), "handlerDeadline must be positive"),
            (IdempotencyPolicy(maximumPreferredWait: .seconds(-1)), "maximumPreferredWait must not be negative"),
            (IdempotencyPolicy(maximumPreferredWait: .hours(2)), "maximumPreferredWait must be at most"),
            (IdempotencyPolicy(lateRetries: .refuse(remember: .zero)), "lateRetries must remember"),
            (IdempotencyPolicy(newKeys: NewKeyLimit(0, per: .seconds(1))), "newKeys must allow at least 1"),
            (IdempotencyPolicy(newKeys: NewKeyLimit(1, per: .zero)), "newKeys must allow at least 1"),
            (IdempotencyPolicy(maximumRequestHeaders: 0), "maximumRequestHeaders must be 1"),
            (IdempotencyPolicy(maximumResponseHeaders: (1 << 20) + 1), "maximumResponseHeaders must be 1"),
            (IdempotencyPolicy(waitBudget: .milliseconds(-1)), "waitBudget must not be negative"),
            (IdempotencyPolicy(waitBudget: .hours(1) + .milliseconds(1)), "waitBudget must be at most"),
            (IdempotencyPolicy(resolveDeadline: .zero), "resolveDeadline must be positive"),
            (IdempotencyPolicy(resolveDeadline: .hours(24)), "longer than the longest wait"),
            (IdempotencyPolicy(maximumReruns: -1), "maximumReruns must be 0 to 100"),
            (IdempotencyPolicy(maximumReruns: 101), "maximumReruns must be 0 to 100"),
            (IdempotencyPolicy(maximumRequestBody: 0), "maximumRequestBody must be 1"),
            (IdempotencyPolicy(maximumRequestBody: (512 << 20) + 1), "maximumRequestBody must be 1"),
            (IdempotencyPolicy(maximumResponseBody: 0), "maximumResponseBody must be 1"),
            (IdempotencyPolicy(maximumResponseBody: .max), "maximumResponseBody must be 1"),
            (IdempotencyPolicy(methods: []), "methods is empty"),
            (IdempotencyPolicy(finalStatuses: [402, 500]), "holds 500"),
            (IdempotencyPolicy(finalStatuses: [200]), "holds 200"),
        ])
    func refused(policy: IdempotencyPolicy, sentence: String) {
        let error = #expect(throws: IdempotencyError.self) { try policy.validate() }
        #expect(error?.code == .invalidPolicy)
        #expect(error?.message.contains(sentence) == true, "\(error?.message ?? "")")
    }

    @Test("minutes and hours are what they say")
    func units() {
        #expect(Duration.minutes(90) == .seconds(5400))
        #expect(Duration.hours(24) == .seconds(86_400))
    }
}
