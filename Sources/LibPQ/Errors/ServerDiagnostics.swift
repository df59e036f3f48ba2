/// The fields of a server's error or notice that a program can act on.
///
/// Source: PostgreSQL, "Error and Notice Message Fields" (protocol chapter).
package struct ServerDiagnostics: Sendable, Hashable {
    package var severity: String?
    package var sqlState: SQLState?
    package var message: String?
    package var detail: String?
    package var hint: String?
    package var schema: String?
    package var table: String?
    package var column: String?
    package var constraint: String?

    /// After FATAL and PANIC the server closes the connection.
    var endsSession: Bool { severity == "FATAL" || severity == "PANIC" }

    package init(sqlState: SQLState? = nil, message: String? = nil) {
        self.sqlState = sqlState
        self.message = message
    }
}
