/// The data of a `COPY ... TO STDOUT`, read from the server as they are asked for.
///
///     for try await line in connection.copyOut("COPY accounts TO STDOUT (FORMAT csv)") { file.append(line) }
///
/// The elements are what the server sends, in the format that the statement asks for: PostgreSQL sends one row at a time, in
/// text and CSV with its line feed, in binary preceded by a header and followed by a trailer (PostgreSQL, "COPY", "File
/// Formats").
///
/// Deadline, cancellation, back-pressure and leaving the loop early are those of ``PostgresRowStream``.
public struct PostgresCopyStream: AsyncSequence, Sendable {
    let call: StreamCall

    /// Begins to read; sends nothing yet.
    public func makeAsyncIterator() -> Iterator { Iterator(call) }

    /// Reads the data. For one task.
    public struct Iterator: AsyncIteratorProtocol {
        private let call: StreamCall
        private var cursor: StreamCursor<[UInt8]>

        init(_ call: StreamCall) {
            self.call = call
            cursor = StreamCursor(
                .init(
                    connection: call.connection,
                    open: { lease throws(PostgresError) in
                        try await call.connection.openCopyOut(
                            call.query, in: call.transactionID, for: lease, deadline: call.deadline)
                    },
                    next: { id throws(PostgresError) in
                        try await call.connection.nextCopyData(of: id, deadline: call.deadline)
                    }))
        }

        /// The next piece, or nil after the last one.
        public mutating func next() async throws(PostgresError) -> [UInt8]? { try await next(isolation: #isolation) }

        /// The next piece, or nil after the last one.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws(PostgresError) -> [UInt8]? {
            try await cursor.next(of: call, isolation: actor)
        }
    }
}
