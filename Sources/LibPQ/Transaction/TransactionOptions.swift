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

    /// Whether statements run to their end although the calling task is cancelled; for work that had better be finished once
    /// it has begun. Deadlines hold all the same. Default false: cancelling the task cancels the running statement, too.
    public var ignoresCancellation: Bool

    /// Takes the options.
    public init(
        isolationLevel: IsolationLevel = .readCommitted, isReadOnly: Bool = false, ignoresCancellation: Bool = false
    ) {
        self.isolationLevel = isolationLevel
        self.isReadOnly = isReadOnly
        self.ignoresCancellation = ignoresCancellation
    }

    var beginStatement: PostgresQuery {
        PostgresQuery(unescaped: "BEGIN ISOLATION LEVEL \(isolationLevel.rawValue)\(isReadOnly ? " READ ONLY" : "")")
    }
}
