/// What a run has come to.
struct SoakResult: Sendable {
    let seed: UInt64
    let keys: [KeyHistory]
    /// How often a handler got as far as its first write.
    let handlerRuns: Int
    let faults: [String: Int]
    let unknownCommits: Int
    let violations: [Violation]

    /// The statuses that clients got, and what else they saw.
    var outcomes: [String: Int] {
        keys.reduce(into: [:]) { counts, key in
            for attempt in key.attempts {
                switch attempt.result {
                case .answered(let answer):
                    counts["\(answer.status) \(answer.isReplay ? "replayed" : answer.problem ?? "")", default: 0] += 1
                case .failed: counts["no answer", default: 0] += 1
                case .hungUp: counts["hung up", default: 0] += 1
                }
            }
        }
    }
}
