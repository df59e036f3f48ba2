/// The rows of one statement, read from the server as they are asked for.
///
///     for try await (id, balance) in connection.stream("SELECT id, balance FROM accounts").decode((Int, Int).self) { ... }
///
/// The server is held back while nobody asks (libpq, "Retrieving Query Results Row-by-Row"), so that a result of any size takes
/// little memory. The statement is sent when the first row is asked for, and a sequence that is iterated twice is sent twice.
///
/// From the first row to the last the connection serves the stream only; another statement on it throws `connectionBusy`.
/// Leaving the loop early ends the stream, and the next statement waits for that. Outside of a transaction the server is asked
/// to cancel the statement. Inside, this would abort the transaction: there the rest is read and thrown away, so limit the
/// statement rather than leave the loop. The end of the transaction or of the lease ends the stream as well.
///
/// The iterator throws `timedOut` past the deadline, which counts for the whole stream; without one
/// ``PostgresConnection/Configuration/queryTimeout`` counts for each wait. `cancelled` when the task is cancelled. Both cancel the
/// statement on the server.
public struct PostgresRowStream: AsyncSequence, Sendable {
    let call: StreamCall

    /// Begins to read; sends nothing yet.
    public func makeAsyncIterator() -> Iterator { Iterator(call) }

    /// The rows as tuples; see ``PostgresRow/decode(_:file:line:)-(((Column).Type))``.
    public func decode<each Column: PostgresDecodable>(
        _ type: (repeat each Column).Type
    ) -> AsyncThrowingMapSequence<Self, (repeat each Column)> {
        map { [call] row in try row.decode(type, file: call.file, line: call.line) }
    }

    /// Reads the rows. For one task.
    public struct Iterator: AsyncIteratorProtocol {
        private let call: StreamCall
        private var cursor: StreamCursor<PostgresRow>

        init(_ call: StreamCall) {
            self.call = call
            cursor = StreamCursor(
                .init(
                    connection: call.connection,
                    open: { lease throws(PostgresError) in
                        try await call.connection.openRows(
                            call.query, in: call.transactionID, for: lease, deadline: call.deadline)
                    },
                    next: { id throws(PostgresError) in
                        try await call.connection.nextRows(of: id, deadline: call.deadline)
                    }))
        }

        /// The next row, or nil after the last one.
        public mutating func next() async throws(PostgresError) -> PostgresRow? {
            try await next(isolation: #isolation)
        }

        /// The next row, or nil after the last one.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws(PostgresError) -> PostgresRow? {
            try await cursor.next(of: call, isolation: actor)
        }
    }
}

extension PostgresConnection {
    /// The rows of a statement as they come; see ``PostgresRowStream``.
    public nonisolated func stream(
        _ query: PostgresQuery, deadline: ContinuousClock.Instant? = nil, file: String = #fileID, line: Int = #line
    ) -> PostgresRowStream {
        PostgresRowStream(
            call: StreamCall(
                connection: self, transactionID: nil, query: query, deadline: MonotonicInstant(deadline),
                file: file, line: line))
    }
}

extension PostgresTransaction {
    /// The rows of a statement in this transaction as they come; see ``PostgresRowStream``.
    public func stream(
        _ query: PostgresQuery, deadline: ContinuousClock.Instant? = nil, file: String = #fileID, line: Int = #line
    ) -> PostgresRowStream {
        PostgresRowStream(
            call: StreamCall(
                connection: connection, transactionID: id, query: query,
                deadline: MonotonicInstant(deadline), file: file, line: line))
    }
}
