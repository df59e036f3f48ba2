extension Verdict {
    /// Refused with one of these statuses, without effect.
    /// - Parameter effects: nil when they cannot be counted.
    static func refused(_ answer: Answer, with statuses: Set<Int>, effects: Int?) -> Verdict {
        guard statuses.contains(answer.status) else { return .unmet("\(answer.status)") }
        if let effects, effects != 0 { return .unmet("\(answer.status), and yet \(effects.effects)") }
        return .met(effects == nil ? "\(answer.status)" : "\(answer.status), no effect")
    }

    /// A key that the server may refuse, but if it takes it must tell from another one of which only the end differs.
    /// - Parameter other: the answer to another operation under that other key; nil when the first was refused.
    static func wholeKey(_ answer: Answer, refusals: ClosedRange<Int>, other: Answer?) -> Verdict {
        if refusals.contains(answer.status) { return .met("\(answer.status)") }
        guard answer.isSuccess, let other else { return .unmet("\(answer.status)") }
        guard other.isSuccess, !other.isMarkedReplay else {
            return .unmet(
                "accepted, but a key with another end was taken for the same: \(other.status)\(other.isMarkedReplay ? ", a replay" : "")"
            )
        }
        return .met("accepted, in its whole length")
    }
}

extension Int {
    /// "1 effect", "2 effects".
    var effects: String { "\(self) effect\(self == 1 ? "" : "s")" }
}
