/// How a check ended.
package enum CheckResult: String, Sendable {
    case pass
    /// Ends the run with failure.
    case fail
    /// A SHOULD that does not hold.
    case warn
    /// A MAY that does not hold.
    case note
    case notTested = "not tested"

    /// - Parameter strict: whether a SHOULD that does not hold fails.
    init(_ verdict: Verdict, level: Level, strict: Bool) {
        switch (verdict, level) {
        case (.met, _): self = .pass
        case (.untested, _): self = .notTested
        case (.unmet, .must): self = .fail
        case (.unmet, .should): self = strict ? .fail : .warn
        case (.unmet, .may): self = .note
        }
    }
}
