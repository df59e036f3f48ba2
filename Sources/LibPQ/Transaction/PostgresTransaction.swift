/// A transaction that is open on one connection.
///
/// A reference that may be handed around while the transaction lives, and that throws `transactionEnded` ever after,
/// or `connectionClosed` (docs/adr/0005). Statements from several tasks are run one after another.
///
/// The first failed statement aborts the transaction; PostgreSQL refuses everything after it, and the transaction cannot commit.
/// Use ``withSavepoint(_:isolation:)`` around a statement that may fail.
public final class PostgresTransaction: PostgresQueryable {
    package let connection: PostgresConnection
    let id: UInt64

    init(connection: PostgresConnection, id: UInt64) {
        self.connection = connection
        self.id = id
    }

    /// Runs statements in this transaction; see ``PostgresQueryable/run(_:deadline:file:line:)``.
    ///
    /// - Throws: besides the server's errors `transactionEnded`, and `transactionControl` for BEGIN, COMMIT, ROLLBACK or
    ///   SAVEPOINT written by hand.
    public func run(
        _ queries: [PostgresQuery], deadline: ContinuousClock.Instant?, file: String, line: Int
    ) async throws(PostgresError) -> [PostgresRows] {
        try await connection.run(queries, in: id, deadline: deadline, file: file, line: line)
    }

    /// Runs `body` so that its statements can fail without taking the transaction with them.
    ///
    /// When `body` throws, what it wrote is undone and the error comes out unwrapped. To set and to release the savepoint may take as
    /// long as a statement and is cancelled like one; a transaction whose savepoint could not be released cannot commit.
    /// In one that has failed already this throws, and `body` does not run.
    public func withSavepoint<T>(
        isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> T
    ) async throws -> T {
        let savepoint = try await connection.setSavepoint(in: id)
        let value: T
        do {
            value = try await body()
        } catch {
            // If this fails, the transaction cannot commit any more and its next statement says why.
            try? await connection.rollBack(to: savepoint, in: id)
            throw error
        }
        try await connection.release(savepoint, in: id)
        return value
    }
}
