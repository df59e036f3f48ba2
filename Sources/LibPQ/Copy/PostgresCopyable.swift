/// Where a COPY can run: a connection, or a transaction on one.
///
/// COPY loads and unloads many rows at the speed of the network (PostgreSQL, "COPY"). It takes no parameters, and the connection
/// serves nothing else until it has ended.
public protocol PostgresCopyable: PostgresQueryable {
    /// Where the statement runs. Not for use by callers.
    var copySession: PostgresCopySession { get }
}

/// A connection, and the transaction on it that a COPY belongs to.
public struct PostgresCopySession: Sendable {
    let connection: PostgresConnection
    let transactionID: UInt64?
}

extension PostgresConnection: PostgresCopyable {
    /// This connection, outside of a transaction.
    public nonisolated var copySession: PostgresCopySession { .init(connection: self, transactionID: nil) }
}

extension PostgresTransaction: PostgresCopyable {
    /// This transaction.
    public var copySession: PostgresCopySession { .init(connection: connection, transactionID: id) }
}

extension PostgresCopyable {
    /// Runs `COPY ... TO STDOUT`; see ``PostgresCopyStream``.
    public func copyOut(
        _ statement: PostgresQuery, deadline: ContinuousClock.Instant? = nil, file: String = #fileID, line: Int = #line
    ) -> PostgresCopyStream {
        PostgresCopyStream(
            call: StreamCall(
                connection: copySession.connection, transactionID: copySession.transactionID, query: statement,
                deadline: MonotonicInstant(deadline), file: file, line: line))
    }

    /// Runs `COPY ... FROM STDIN` with data in the format that the statement asks for: text, CSV or binary, cut anywhere.
    ///
    ///     try await transaction.copyIn("COPY accounts (tenant, balance) FROM STDIN (FORMAT csv)", data: file.chunks)
    ///
    /// The data are asked for as fast as the server takes them. A server that finds a row wrong says so when all have been sent.
    ///
    /// - Parameter deadline: when the whole is given up; nil leaves each wait to
    ///   ``PostgresConnection/Configuration/queryTimeout``.
    /// - Returns: the number of rows.
    /// - Throws: what `data` throws, unwrapped: then the COPY has failed, and no row of it is there. Otherwise a ``PostgresError``;
    ///   `unsupportedStatement` when the statement is another one.
    @discardableResult
    public func copyIn<Data: AsyncSequence>(
        _ statement: PostgresQuery, data: Data, deadline: ContinuousClock.Instant? = nil,
        isolation: isolated (any Actor)? = #isolation, file: String = #fileID, line: Int = #line
    ) async throws -> Int where Data.Element == [UInt8] {
        try await copyIn(statement, deadline: deadline, file: file, line: line) { copy in
            copy.takesBytes = true
            for try await bytes in data { try await copy.write(bytes: bytes) }
        }
    }

    /// Runs `COPY ... FROM STDIN` with what `body` writes.
    ///
    ///     try await transaction.copyIn("COPY accounts (tenant, balance) FROM STDIN (FORMAT binary)") { copy in
    ///         for account in accounts { try await copy.write(account.tenant, account.balance) }
    ///     }
    ///
    /// - Parameter deadline: when the whole is given up; nil leaves each wait to
    ///   ``PostgresConnection/Configuration/queryTimeout``.
    /// - Returns: the number of rows.
    /// - Throws: what `body` throws, unwrapped: then the COPY has failed, and no row of it is there. Otherwise a ``PostgresError``;
    ///   `unsupportedStatement` when the statement is another one.
    @discardableResult
    public func copyIn(
        _ statement: PostgresQuery, deadline: ContinuousClock.Instant? = nil,
        isolation: isolated (any Actor)? = #isolation, file: String = #fileID, line: Int = #line,
        _ body: (PostgresCopyWriter) async throws -> Void
    ) async throws -> Int {
        let session = copySession
        let copy: PostgresCopyWriter
        do {
            copy = try await PostgresCopyWriter(statement, in: session, MonotonicInstant(deadline))
        } catch {
            throw error.at(sql: statement.sql, file: file, line: line)
        }
        do {
            try await body(copy)
        } catch {
            await copy.fail()
            throw error
        }
        do {
            return try await copy.finish()
        } catch {
            await copy.fail()  // what was kept to be sent last may not have been
            throw error.at(sql: statement.sql, file: file, line: line)
        }
    }
}
