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
    let connection: PostgresConnection
    let transactionID: UInt64?
    let query: PostgresQuery
    let deadline: ContinuousClock.Instant?
    let file: String
    let line: Int

    /// Begins to read; sends nothing yet.
    public func makeAsyncIterator() -> Iterator { Iterator(self) }

    /// The rows as tuples; see ``PostgresRow/decode(_:file:line:)-(((Column).Type))``.
    public func decode<each Column: PostgresDecodable>(
        _ type: (repeat each Column).Type
    ) -> AsyncThrowingMapSequence<Self, (repeat each Column)> {
        map { [file, line] row in try row.decode(type, file: file, line: line) }
    }

    /// Reads the rows. For one task.
    public struct Iterator: AsyncIteratorProtocol {
        private let stream: PostgresRowStream
        private let reader: Reader
        private var rows: [PostgresRow] = []
        private var position = 0

        init(_ stream: PostgresRowStream) {
            self.stream = stream
            reader = Reader(stream.connection)
        }

        /// The next row, or nil after the last one.
        public mutating func next() async throws(PostgresError) -> PostgresRow? {
            try await next(isolation: nil)
        }

        /// The next row, or nil after the last one.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(PostgresError) -> PostgresRow? {
            while position == rows.count {
                guard let more = try await reader.read(stream) else { return nil }
                rows = more
                position = 0
            }
            defer { position += 1 }
            return rows[position]
        }
    }

    /// What copies of an iterator share; its end is the end of the stream.
    private final class Reader {
        private enum State {
            case fresh
            case open(UInt64)
            case ended(PostgresError?)
        }

        private let lease: StreamLease
        private var state = State.fresh

        init(_ connection: PostgresConnection) { lease = StreamLease(connection) }

        deinit {
            if case .open = state { lease.abandon() }
        }

        /// Some rows, or nil after the last ones.
        nonisolated(nonsending) func read(_ stream: PostgresRowStream) async throws(PostgresError) -> [PostgresRow]? {
            do throws(PostgresError) {
                switch state {
                case .ended(let failure):
                    state = .ended(nil)
                    if let failure { throw failure }
                    return nil
                case .fresh:
                    state = .open(
                        try await stream.connection.openStream(
                            stream.query, in: stream.transactionID, for: lease, deadline: stream.deadline))
                    return []
                case .open(let id):
                    let read = try await stream.connection.nextRows(of: id, deadline: stream.deadline)
                    if read.isLast { state = .ended(read.failure) }
                    return read.rows
                }
            } catch {
                state = .ended(nil)
                throw error.at(sql: stream.query.sql, file: stream.file, line: stream.line)
            }
        }
    }
}

extension PostgresConnection {
    /// The rows of a statement as they come; see ``PostgresRowStream``.
    public nonisolated func stream(
        _ query: PostgresQuery, deadline: ContinuousClock.Instant? = nil, file: String = #fileID, line: Int = #line
    ) -> PostgresRowStream {
        PostgresRowStream(
            connection: self, transactionID: nil, query: query, deadline: deadline, file: file, line: line)
    }
}

extension PostgresTransaction {
    /// The rows of a statement in this transaction as they come; see ``PostgresRowStream``.
    public func stream(
        _ query: PostgresQuery, deadline: ContinuousClock.Instant? = nil, file: String = #fileID, line: Int = #line
    ) -> PostgresRowStream {
        PostgresRowStream(
            connection: connection, transactionID: id, query: query, deadline: deadline, file: file, line: line)
    }
}
