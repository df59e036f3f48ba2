/// One thing that is not as it should be.
struct Finding: Sendable, Hashable, Encodable {
    enum Severity: String, Encodable {
        /// Acknowledged data can be lost, a key can stay in flight without bound, or no request can work at all.
        case problem
        /// Everything else that had better be changed.
        case advice
    }

    var severity: Severity
    /// The setting's name, or what else was looked at.
    var setting: String
    var value: String
    /// Where a setting was given, in PostgreSQL's words; nil for what is no setting.
    var source: String?
    var expected: String
    /// One sentence: what can happen as it is.
    var reason: String
    /// SQL for psql, a statement or a comment each.
    var mend: [String] = []
}
