/// One statement of an SQL file, as `SQLScript` cut it out.
public struct SQLStatement: Sendable, Hashable {
    /// The statement with the comments before and inside it, without the closing semicolon and without white space
    /// at either end. Comments stay because a function's body or a statement in the server's log is read by people.
    public let text: String

    /// The line of the file on which the statement's first word stands, counted from 1. Comments before it do not count.
    public let line: Int

    /// The words outside quotes and comments, in upper case and in order. What the statement *is* can be told from
    /// these; its text cannot be searched, since a comment or a string may contain anything.
    let words: [String]

    /// Why a migration may not contain this statement, or `nil` when it may.
    ///
    /// A migration runs inside one transaction that the migrator began. A `COMMIT` in the file would end that
    /// transaction early: what comes after would be applied without its record, or the record without what comes after.
    var refusal: String? {
        guard let first = words.first else {
            return nil
        }
        switch first {
        case "BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE":
            return "\(first) is not allowed in a migration: each one already runs in a transaction of its own"
        case "PREPARE" where words.dropFirst().first == "TRANSACTION":
            return
                "PREPARE TRANSACTION is not allowed in a migration: each one already runs in a transaction of its own"
        case "COPY":
            return "COPY is not possible in a migration: use INSERT"
        default:
            return nil
        }
    }
}
