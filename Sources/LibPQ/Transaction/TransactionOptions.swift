/// How a transaction begins.
///
/// Source: PostgreSQL, "SET TRANSACTION" and "Transaction Isolation".
public struct TransactionOptions: Sendable, Hashable {
    /// What a transaction sees of others.
    public enum IsolationLevel: String, Sendable, Hashable {
        /// Each statement sees what was committed before it began.
        case readCommitted = "READ COMMITTED"
        /// All statements see what was committed before the first one.
        case repeatableRead = "REPEATABLE READ"
        /// As if transactions ran one after another; be ready for `40001`.
        case serializable = "SERIALIZABLE"
    }

    /// Default: READ COMMITTED, said explicitly so that a server-wide default cannot change what the code was written for.
    public var isolationLevel: IsolationLevel
    /// Whether writes are refused. Default false.
    public var isReadOnly: Bool

    /// Takes the options.
    public init(isolationLevel: IsolationLevel = .readCommitted, isReadOnly: Bool = false) {
        self.isolationLevel = isolationLevel
        self.isReadOnly = isReadOnly
    }

    var beginStatement: PostgresQuery {
        PostgresQuery(unescaped: "BEGIN ISOLATION LEVEL \(isolationLevel.rawValue)\(isReadOnly ? " READ ONLY" : "")")
    }
}
