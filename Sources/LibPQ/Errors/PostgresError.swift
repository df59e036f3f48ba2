/// Everything that can go wrong in LibPQ, in one type.
///
/// `description` holds nothing secret: no SQL, no values, and of what the server says about a statement only names of constraints,
/// tables and columns, because its message may quote the data that it complains about. When a connection fails, it has libpq's own
/// sentence, which names host, role and database, never the password. `debugDescription` is complete; keep it out of logs that
/// others can read.
public struct PostgresError: Error, Sendable {
    /// What kind of failure this is. More codes may come; switch with a `default`.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The code's name, as in the source.
        public let description: String
    }

    private final class Storage: Sendable {
        let code: Code
        let message: String
        let server: ServerDiagnostics?
        let sql: String?
        let underlying: (any Error)?
        let file: String
        let line: Int

        init(
            code: Code, message: String, server: ServerDiagnostics?, sql: String?, underlying: (any Error)?,
            file: String, line: Int
        ) {
            self.code = code
            self.message = message
            self.server = server
            self.sql = sql
            self.underlying = underlying
            self.file = file
            self.line = line
        }
    }

    // One pointer: a typed throw returns the error by value on every call, also on those that do not throw.
    private let storage: Storage

    /// Makes an error. `message` must hold nothing secret, except with the code `server`.
    package init(
        _ code: Code, _ message: String, server: ServerDiagnostics? = nil, sql: String? = nil,
        underlying: (any Error)? = nil, file: String = #fileID, line: Int = #line
    ) {
        storage = Storage(
            code: code, message: message, server: server, sql: sql, underlying: underlying, file: file, line: line)
    }

    /// What kind of failure this is.
    public var code: Code { storage.code }
    /// One sentence. With the code ``Code/server`` it comes from the server and may quote data.
    public var message: String { storage.message }
    /// The server's error code, when the server (or libpq on its behalf) gave one.
    public var sqlState: SQLState? { storage.server?.sqlState }
    /// The server's detail line. May quote data.
    public var detail: String? { storage.server?.detail }
    /// The server's hint.
    public var hint: String? { storage.server?.hint }
    /// The constraint that failed, for errors that name one.
    public var constraint: String? { storage.server?.constraint }
    /// The schema that the error concerns, for errors that name one.
    public var schema: String? { storage.server?.schema }
    /// The table that the error concerns, for errors that name one.
    public var table: String? { storage.server?.table }
    /// The column that the error concerns, for errors that name one.
    public var column: String? { storage.server?.column }
    /// The SQL text of the failed statement, without its parameters.
    public var sql: String? { storage.sql }
    /// The error that caused this one.
    public var underlying: (any Error)? { storage.underlying }
    /// The file whose call failed.
    public var file: String { storage.file }
    /// The line whose call failed.
    public var line: Int { storage.line }

    /// The same error, seen from the caller's line and with the statement's text.
    func at(sql: String?, file: String, line: Int) -> PostgresError {
        PostgresError(
            code, message, server: storage.server, sql: sql ?? storage.sql, underlying: underlying, file: file,
            line: line)
    }

    /// The same failure under another code, keeping what the server said.
    func recoded(_ code: Code, _ message: String) -> PostgresError {
        PostgresError(
            code, message, server: storage.server, sql: sql, underlying: underlying ?? self, file: file, line: line)
    }
}

extension PostgresError.Code {
    /// The server refused a statement; ``PostgresError/sqlState`` says why.
    public static let server = Self(description: "server")
    /// No connection could be made.
    public static let connectionFailed = Self(description: "connectionFailed")
    /// The server refused the role or its password.
    public static let authenticationFailed = Self(description: "authenticationFailed")
    /// The server has no database of this name.
    public static let databaseNotFound = Self(description: "databaseNotFound")
    /// No connection was made before the connect timeout.
    public static let connectTimeout = Self(description: "connectTimeout")
    /// The connection broke, or was closed, while it was in use. Statements in flight may or may not have run; an open transaction is lost.
    public static let connectionLost = Self(description: "connectionLost")
    /// The connection had been closed before the call.
    public static let connectionClosed = Self(description: "connectionClosed")
    /// The deadline passed. The running statement was cancelled on the server (then ``PostgresError/sqlState`` is `57014`), was
    /// never sent, or the server did not answer; then the connection is discarded, and the statement may or may not have run.
    public static let timedOut = Self(description: "timedOut")
    /// No connection became free before the acquire timeout.
    public static let poolExhausted = Self(description: "poolExhausted")
    /// The pool is closed.
    public static let poolClosed = Self(description: "poolClosed")
    /// The calling task was cancelled: while it waited for a connection, or while its statement ran, which was cancelled with it.
    public static let cancelled = Self(description: "cancelled")
    /// A row was expected and none came.
    public static let noRows = Self(description: "noRows")
    /// One row was expected and more came.
    public static let tooManyRows = Self(description: "tooManyRows")
    /// A column could not be read as the Swift type that was asked for.
    public static let decodingFailed = Self(description: "decodingFailed")
    /// A Swift value could not be sent as a parameter.
    public static let encodingFailed = Self(description: "encodingFailed")
    /// The transaction had ended before the call.
    public static let transactionEnded = Self(description: "transactionEnded")
    /// The transaction was aborted by a failed statement, so COMMIT became ROLLBACK. Nothing was written.
    public static let transactionAborted = Self(description: "transactionAborted")
    /// BEGIN, COMMIT, ROLLBACK or SAVEPOINT was written by hand; nothing was sent.
    public static let transactionControl = Self(description: "transactionControl")
    /// Whether COMMIT happened is not known: its answer was lost, late, or came with a warning.
    public static let commitUnknown = Self(description: "commitUnknown")
    /// The rows of a stream are being read from this connection, and its end must be awaited first.
    public static let connectionBusy = Self(description: "connectionBusy")
    /// A statement of a kind that this call cannot run (COPY).
    public static let unsupportedStatement = Self(description: "unsupportedStatement")
    /// The connection URL, conninfo string or an option is wrong.
    public static let invalidConfiguration = Self(description: "invalidConfiguration")
    /// libpq or the server broke the protocol; the connection is discarded.
    public static let protocolViolation = Self(description: "protocolViolation")
}

extension PostgresError {
    /// The database could not be reached, or was too busy: the same call may succeed a little later.
    ///
    /// Nothing that a transaction was to write is there (else the code is ``Code/commitUnknown``). A single statement outside of one
    /// may have run if the code is ``Code/connectionLost``, or ``Code/timedOut`` without an SQLSTATE: look before you repeat it.
    ///
    /// True for failed, refused, closed and lost connections, deadlines that passed, an exhausted or closed pool, `55P03` (lock not granted
    /// in time), `53300` and `57P01` to `57P03`.
    public var isTransient: Bool {
        switch code {
        case .connectionFailed, .connectTimeout, .connectionLost, .connectionClosed, .timedOut, .poolExhausted,
            .poolClosed:
            return true
        case .server, .authenticationFailed, .databaseNotFound:
            guard let sqlState else { return false }
            let transient: [SQLState] = [
                .lockNotAvailable, .tooManyConnections, .adminShutdown, .crashShutdown, .cannotConnectNow,
            ]
            return transient.contains(sqlState)
        default:
            return false
        }
    }
}

extension PostgresError: CustomStringConvertible, CustomDebugStringConvertible {
    /// Safe for logs: see the type.
    public var description: String {
        var text = "PostgresError(\(code)"
        if let sqlState { text += ", SQLSTATE \(sqlState)" }
        if code != .server { text += ": \(message)" }
        for (name, value) in [("constraint", constraint), ("table", table), ("column", column)] {
            if let value { text += ", \(name) \(value)" }
        }
        return text + ")"
    }

    /// Complete, with the server's words and the SQL text. May hold data.
    public var debugDescription: String {
        var text = "PostgresError(\(code)"
        if let sqlState { text += ", SQLSTATE \(sqlState)" }
        text += ": \(message)"
        let fields = [
            ("detail", detail), ("hint", hint), ("schema", schema), ("table", table), ("column", column),
            ("constraint", constraint), ("sql", sql), ("underlying", underlying.map { String(reflecting: $0) }),
        ]
        for (name, value) in fields {
            if let value { text += "; \(name): \(value)" }
        }
        return text + "; \(file):\(line))"
    }
}
