/// Writes the data of a `COPY ... FROM STDIN` that is under way; see ``PostgresCopyable/copyIn(_:deadline:isolation:file:line:_:)``.
///
/// For one task. After the end of the COPY every call throws.
public final class PostgresCopyWriter {
    private let statement: PostgresQuery
    private let connection: PostgresConnection
    private let deadline: MonotonicInstant?
    private let id: UInt64
    /// Whether the server expects the binary format.
    private let isBinary: Bool
    private var encoder: CopyRowEncoder?
    /// Somebody else is to write the header and the trailer of the binary format.
    var takesBytes = false

    /// Rows are sent in pieces of this size, so that a change of threads is paid for.
    private static let bytesAtATime = 64 * 1024

    init(
        _ statement: PostgresQuery, in session: PostgresCopySession, _ deadline: MonotonicInstant?
    ) async throws(PostgresError) {
        self.statement = statement
        self.deadline = deadline
        connection = session.connection
        (id, isBinary) = try await connection.openCopyIn(statement, in: session.transactionID, deadline: deadline)
    }

    /// Writes bytes in the format that the statement asks for, cut anywhere. Waits while the server is behind.
    ///
    /// - Throws: `cancelled`, `timedOut`, or what ended the connection. A row that the server refuses fails the COPY at its end.
    public func write(bytes: [UInt8]) async throws(PostgresError) {
        takesBytes = true
        try await connection.putCopyData(bytes, of: id, deadline: deadline)
    }

    /// Writes one row; for statements that say `FORMAT binary`.
    ///
    /// The Swift types must be those of the columns exactly: `int4` is `Int32`, `int8` is `Int`. The server converts nothing here.
    ///
    /// - Throws: `unsupportedStatement` when the format is another one; `encodingFailed`, then the row is not written; and as ``write(bytes:)``.
    public func write<each Column: PostgresEncodable>(_ column: repeat each Column) async throws(PostgresError) {
        guard isBinary else {
            throw PostgresError(
                .unsupportedStatement, "rows need COPY ... FROM STDIN (FORMAT binary)", sql: statement.sql)
        }
        var encoder = encoder ?? CopyRowEncoder()
        self.encoder = nil  // so that the bytes are not copied
        defer { self.encoder = encoder }
        try encoder.append(repeat each column)
        if encoder.count >= Self.bytesAtATime { try await write(bytes: encoder.take()) }
    }

    /// Ends the COPY.
    ///
    /// - Returns: the number of rows.
    func finish() async throws(PostgresError) -> Int {
        // No row at all is a header and a trailer, too.
        if var encoder = encoder ?? (isBinary && !takesBytes ? CopyRowEncoder() : nil) {
            encoder.finish()
            try await write(bytes: encoder.take())
        }
        return try await connection.finishCopyIn(id, deadline: deadline)
    }

    /// Lets the COPY fail.
    func fail() async { await connection.failCopyIn(id) }
}
