import Idempotency

/// What a client does after one attempt.
enum RetryDecision: Hashable {
    /// Takes the answer.
    case accept
    /// Asks again, with the same key.
    case retry
    /// Has asked often enough.
    case giveUp

    /// One cut costs one attempt, or none. An answer that takes longer than this many will not come.
    static let maximumAttempts = 10

    /// - Parameters:
    ///   - status: of the answer; nil when there was none.
    ///   - attempt: the how-many-eth this was, from 1.
    ///   - expected: the undisturbed run's status. It is final even where it is 409, which otherwise says that the first attempt still
    ///     runs.
    static func after(status: Int?, attempt: Int, expected: Int?) -> RetryDecision {
        if let status, status == expected || (status < 500 && status != 409) { return .accept }
        return attempt < maximumAttempts ? .retry : .giveUp
    }
}
