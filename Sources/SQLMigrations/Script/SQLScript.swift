/// The statements of an SQL file.
///
/// PostgreSQL's extended query protocol takes one statement a message, so a file must be cut at the right semicolons before
/// it can be sent. Which ones are right follows from the lexical rules of the server (PostgreSQL documentation, chapter 4.1
/// "Lexical Structure") and, for semicolons inside a statement, from those of psql: not inside parentheses (`CREATE RULE ...
/// DO (...; ...)`) and not inside the `BEGIN ATOMIC ... END` body of a function or procedure.
///
/// The cut assumes `standard_conforming_strings = on`, the server's default since 9.1. It never changes a statement; a
/// malformed one travels to the server, whose message is better than any guess here.
struct SQLScript: Sendable, Hashable {
    let statements: [SQLStatement]

    /// Cuts `source` into statements. A piece that holds only white space and comments is no statement.
    /// - Throws: ``SQLScriptError`` when a quote or comment is not closed, or when psql's own commands are used.
    init(parsing source: String) throws(SQLScriptError) {
        var scanner = SQLScanner(source)
        self.statements = try scanner.statements()
    }
}
