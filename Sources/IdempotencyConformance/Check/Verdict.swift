/// What a check saw. Level and strictness turn it into a ``CheckResult``.
package enum Verdict: Sendable, Equatable {
    /// As demanded; says what came.
    case met(String)
    /// Not as demanded; says what came.
    case unmet(String)
    /// Nothing could be seen; says what is missing.
    case untested(String)
}
