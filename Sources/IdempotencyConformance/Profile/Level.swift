/// How much a profile demands, in RFC 2119's words.
package enum Level: String, Sendable {
    /// What does not hold fails the run.
    case must = "MUST"
    /// What does not hold is a warning, or fails a strict run.
    case should = "SHOULD"
    /// What does not hold is only said.
    case may = "MAY"
}
