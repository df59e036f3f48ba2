/// A check and its end.
package struct Finding: Sendable {
    package let check: Check
    package let level: Level
    package let result: CheckResult
    /// What came, or why nothing could be seen. Holds no header field, key or body that was sent.
    package let came: String

    init(_ check: Check, level: Level, verdict: Verdict, strict: Bool) {
        self.check = check
        self.level = level
        result = CheckResult(verdict, level: level, strict: strict)
        switch verdict {
        case .met(let came), .unmet(let came), .untested(let came): self.came = came
        }
    }
}
