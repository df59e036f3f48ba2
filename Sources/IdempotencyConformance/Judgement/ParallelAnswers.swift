/// The answers to requests with one key and one payload that were sent at the same moment.
struct ParallelAnswers {
    let answers: [Answer]
    /// Requests without an answer.
    let unanswered: Int
    /// Whether a retry gets the first answer's bytes, so that other ones tell of another run.
    let bodiesAreEqual: Bool

    /// What a server may say to one that it did not run: in flight (2.7), too many requests, unavailable.
    private static let notRun: Set<Int> = [409, 429, 503]

    var verdict: Verdict {
        guard unanswered == 0 else { return .unmet("\(unanswered) of \(unanswered + answers.count) got no answer") }
        let successes = answers.filter(\.isSuccess)
        guard !successes.isEmpty else {
            return .unmet("none of \(answers.count) succeeded: \(summary)")
        }
        let strange = answers.filter { !$0.isSuccess && !Self.notRun.contains($0.status) }
        guard strange.isEmpty else { return .unmet(summary) }
        let bodies = Set(successes.map(\.body)).count
        guard bodies == 1 || !bodiesAreEqual else {
            return .unmet("\(successes.count) successes with \(bodies) different bodies")
        }
        return .met(summary)
    }

    /// "1 x 201, 19 x 409".
    private var summary: String {
        Dictionary(grouping: answers, by: \.status).sorted { $0.key < $1.key }
            .map { "\($0.value.count) x \($0.key)" }.joined(separator: ", ")
    }
}
