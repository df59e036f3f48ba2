extension Verdict {
    /// Another principal used the key, with the same payload.
    /// - Parameters:
    ///   - first: the first principal's answer.
    ///   - other: the other's.
    ///   - newEffects: how many more effects the other principal sees than before; nil when they cannot be counted.
    ///   - bodiesTell: whether a body tells whose answer it is.
    static func principal(first: Answer, other: Answer, newEffects: Int?, bodiesTell: Bool) -> Verdict {
        switch other.status {
        case 401, 403: return .untested("the other principal was refused with \(other.status)")
        case _ where other.isMarkedReplay: return .unmet("\(other.status), marked as a replay")
        case 409, 422: return .unmet("\(other.status): the other principal learns that the key is in use")
        case _ where other.isSuccess:
            if let newEffects {
                return newEffects > 0
                    ? .met("\(other.status), with an effect of its own")
                    : .unmet("\(other.status) without an effect of its own")
            }
            guard bodiesTell else {
                return .untested("\(other.status): answers do not tell operations apart, and no --probe counts effects")
            }
            return other.body == first.body
                ? .unmet("\(other.status) with the first principal's body")
                : .met("\(other.status) with a body of its own")
        default:
            return .met("\(other.status), the other principal's own answer")
        }
    }
}
