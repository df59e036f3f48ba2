extension Verdict {
    /// Two payloads under one key at the same moment.
    /// - Parameters:
    ///   - refusals: the statuses that the loser may get.
    ///   - effects: of both together; nil when they cannot be counted.
    static func contest(_ one: Answer, _ other: Answer, refusals: Set<Int>, effects: Int?) -> Verdict {
        let summary = "\(one.status) and \(other.status)" + (effects.map { ", \($0.effects)" } ?? "")
        let losers = [one, other].filter { !$0.isSuccess }
        guard losers.count == 1, refusals.contains(losers[0].status), effects ?? 1 == 1 else { return .unmet(summary) }
        return .met(summary)
    }
}
