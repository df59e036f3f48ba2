extension Verdict {
    /// Refused with one of these statuses, without effect.
    /// - Parameter effects: nil when they cannot be counted.
    static func refused(_ answer: Answer, with statuses: Set<Int>, effects: Int?) -> Verdict {
        guard statuses.contains(answer.status) else { return .unmet("\(answer.status)") }
        if let effects, effects != 0 { return .unmet("\(answer.status), and yet \(effects.effects)") }
        return .met(effects == nil ? "\(answer.status)" : "\(answer.status), no effect")
    }

    /// A key was accepted, which must be told from another one of which only one part differs.
    /// - Parameters:
    ///   - part: "end".
    ///   - other: the answer to another operation under that other key.
    ///   - isReplay: whether that operation was not run.
    static func keyIsAnother(with part: String, _ other: Answer, isReplay: Bool) -> Verdict {
        guard other.isSuccess, !isReplay, !other.isMarkedReplay else {
            let replay = other.isSuccess ? ", a replay" : ""
            return .unmet("accepted, but a key with another \(part) was taken for the same: \(other.status)\(replay)")
        }
        return .met("accepted; with another \(part) it is another key")
    }
}

extension Int {
    /// "1 effect", "2 effects".
    var effects: String { "\(self) effect\(self == 1 ? "" : "s")" }
}
