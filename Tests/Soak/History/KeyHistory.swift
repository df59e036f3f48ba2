/// Everything that was asked and answered about one key.
struct KeyHistory: Sendable {
    let operation: Operation
    /// In the order in which they ended.
    var attempts: [Attempt] = []

    /// The attempts whose answer is for good: not a retry's, and not to another body.
    var finals: [(attempt: Attempt, answer: Attempt.Answer)] {
        attempts.compactMap { attempt in
            guard !attempt.isOtherBody, let answer = attempt.answer, !answer.saysRetry else { return nil }
            return (attempt, answer)
        }
    }

    /// The key's story, for a reader.
    var timeline: String {
        let lines = attempts.sorted { $0.begin < $1.begin }.map { "    \($0)" }
        let shown =
            lines.count <= Self.shown ? lines : lines.prefix(Self.shown) + ["    and \(lines.count - Self.shown) more"]
        return (["  \(operation.key): \(operation)"] + shown).joined(separator: "\n")
    }

    private static let shown = 40
}
