/// Whatever can run statements: a connection, a transaction, a pool.
///
/// One requirement; everything that users call is built on it. Write functions that take `some PostgresQueryable` when they
/// do not care which it is, and a ``PostgresTransaction`` when they must be part of one.
public protocol PostgresQueryable: Sendable {
    /// Sends statements in one flush and returns their results in order: one round trip.
    ///
    /// Outside of a transaction the statements form one implicit transaction: if one fails, none has an effect.
    ///
    /// - Parameter deadline: when the statements are given up; nil leaves it to ``PostgresConnection/Configuration/queryTimeout``.
    /// - Throws: the first failure. Statements after a failed one are not run. `timedOut` past the deadline and `cancelled` with
    ///   the calling task: then the server was asked to cancel the running statement, and what had not been sent is not sent.
    func run(
        _ queries: [PostgresQuery], deadline: ContinuousClock.Instant?, file: String, line: Int
    ) async throws(PostgresError) -> [PostgresRows]
}

extension PostgresQueryable {
    /// Sends statements in one flush and returns their results in order: one round trip.
    public func pipeline(
        _ queries: [PostgresQuery], deadline: ContinuousClock.Instant? = nil, file: String = #fileID, line: Int = #line
    ) async throws(PostgresError) -> [PostgresRows] {
        try await run(queries, deadline: deadline, file: file, line: line)
    }

    /// Runs a statement for its effect.
    ///
    /// - Returns: the number of rows that it inserted, changed, deleted or returned.
    @discardableResult
    public func execute(
        _ query: PostgresQuery, deadline: ContinuousClock.Instant? = nil, file: String = #fileID, line: Int = #line
    ) async throws(PostgresError) -> Int {
        try await self.query(query, deadline: deadline, file: file, line: line).affectedRows
    }

    /// Runs a statement and returns all of its rows.
    public func query(
        _ query: PostgresQuery, deadline: ContinuousClock.Instant? = nil, file: String = #fileID, line: Int = #line
    ) async throws(PostgresError) -> PostgresRows {
        let results = try await run([query], deadline: deadline, file: file, line: line)
        return results[0]
    }

    /// Runs a statement that returns exactly one row.
    ///
    /// - Throws: `noRows` or `tooManyRows` when it does not. Its effects stand, unless an enclosing transaction is rolled back.
    public func queryRow(
        _ query: PostgresQuery, deadline: ContinuousClock.Instant? = nil, file: String = #fileID, line: Int = #line
    ) async throws(PostgresError) -> PostgresRow {
        guard let row = try await queryRowIfAny(query, deadline: deadline, file: file, line: line) else {
            throw PostgresError(.noRows, "one row was expected, none came", sql: query.sql, file: file, line: line)
        }
        return row
    }

    /// Runs a statement that returns one row or none.
    ///
    /// - Throws: `tooManyRows` when more come.
    public func queryRowIfAny(
        _ query: PostgresQuery, deadline: ContinuousClock.Instant? = nil, file: String = #fileID, line: Int = #line
    ) async throws(PostgresError) -> PostgresRow? {
        let rows = try await self.query(query, deadline: deadline, file: file, line: line)
        guard rows.count <= 1 else {
            throw PostgresError(
                .tooManyRows, "at most one row was expected, \(rows.count) came", sql: query.sql, file: file, line: line
            )
        }
        return rows.first
    }

    /// Runs two statements that need not wait for one another, in one round trip.
    public func pipeline(
        _ first: PostgresQuery, _ second: PostgresQuery, deadline: ContinuousClock.Instant? = nil,
        file: String = #fileID, line: Int = #line
    ) async throws(PostgresError) -> (PostgresRows, PostgresRows) {
        let results = try await run([first, second], deadline: deadline, file: file, line: line)
        return (results[0], results[1])
    }

    /// Runs three statements that need not wait for one another, in one round trip.
    public func pipeline(
        _ first: PostgresQuery, _ second: PostgresQuery, _ third: PostgresQuery,
        deadline: ContinuousClock.Instant? = nil, file: String = #fileID, line: Int = #line
    ) async throws(PostgresError) -> (PostgresRows, PostgresRows, PostgresRows) {
        let results = try await run([first, second, third], deadline: deadline, file: file, line: line)
        return (results[0], results[1], results[2])
    }

    /// Runs four statements that need not wait for one another, in one round trip.
    public func pipeline(
        _ first: PostgresQuery, _ second: PostgresQuery, _ third: PostgresQuery, _ fourth: PostgresQuery,
        deadline: ContinuousClock.Instant? = nil, file: String = #fileID, line: Int = #line
    ) async throws(PostgresError) -> (PostgresRows, PostgresRows, PostgresRows, PostgresRows) {
        let results = try await run([first, second, third, fourth], deadline: deadline, file: file, line: line)
        return (results[0], results[1], results[2], results[3])
    }
}
