import Idempotency

extension ProblemKind {
    /// Whether a route with this policy can answer the problem.
    func canHappen(under policy: IdempotencyPolicy) -> Bool {
        switch self {
        case .keyMissing: policy.keyRequired
        case .keyExpired: policy.lateRetries != .reexecute
        case .tooManyNewKeys: policy.newKeys != nil
        case .answerWithheld: policy.replay == .none
        case .keyUnknown: false
        default: true
        }
    }
}
