/// Why the text of an SQL file cannot be cut into statements.
struct SQLScriptError: Error, Hashable {
    enum Reason: Hashable {
        case unterminatedString
        case unterminatedIdentifier
        case unterminatedDollarQuote(tag: String)
        case unterminatedComment
        /// A backslash outside quotes: `\i`, `\set` and the like belong to psql, the server knows nothing of them.
        case clientCommand
        /// PostgreSQL accepts no NUL byte in a statement.
        case nulByte
    }

    let reason: Reason
    /// The line on which the quote, the comment or the command begins, counted from 1.
    let line: Int

    /// A sentence without the file's name, which only the caller knows.
    var explanation: String {
        switch reason {
        case .unterminatedString: "the string that begins here is not closed"
        case .unterminatedIdentifier: "the quoted identifier that begins here is not closed"
        case .unterminatedDollarQuote(let tag): "the text that begins with \(tag) here is not closed"
        case .unterminatedComment: "the comment that begins here is not closed"
        case .clientCommand: "a backslash command of psql cannot be sent to the server"
        case .nulByte: "a NUL byte cannot be part of a statement"
        }
    }
}
