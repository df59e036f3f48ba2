extension Verdict {
    /// A used key came with a request that differs in something else than its body.
    /// - Parameters:
    ///   - name: what differs: "another path".
    ///   - first: the stored answer.
    ///   - bodiesTell: whether a body tells whose answer it is.
    static func otherRequest(_ name: String, first: Answer, other: Answer, bodiesTell: Bool) -> Verdict {
        if other.isMarkedReplay || bodiesTell && other.isSuccess && other.body == first.body {
            return .unmet("\(other.status) for \(name): the stored answer")
        }
        guard bodiesTell || !other.isSuccess else {
            return .untested("\(other.status) for \(name), and answers do not tell operations apart")
        }
        return .met("\(other.status) for \(name)")
    }

    /// The worst of several, or what came in all of them.
    static func all(_ verdicts: [Verdict]) -> Verdict {
        var came: [String] = []
        var untested: Verdict?
        for verdict in verdicts {
            switch verdict {
            case .met(let words): came.append(words)
            case .untested: untested = untested ?? verdict
            case .unmet: return verdict
            }
        }
        return untested ?? .met(came.joined(separator: ", "))
    }
}
