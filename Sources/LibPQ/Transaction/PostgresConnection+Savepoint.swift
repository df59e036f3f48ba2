extension PostgresConnection {
    /// - Throws: `transactionAborted` when something has failed of which the server knows nothing; else what the server says.
    func setSavepoint(in id: UInt64) async throws(PostgresError) -> String {
        transaction?.savepoints += 1
        let name = "libpq_\(transaction?.savepoints ?? 0)"
        do throws(PostgresError) {
            try await control("SAVEPOINT \(unescaped: name)", in: id)
        } catch {
            noteDeadline(id, error)
            throw error
        }
        // Rolling back to it would not undo what had failed before.
        if let failure = transaction?.failure { throw Self.aborted(by: failure) }
        return name
    }

    /// Undoes what was done since, whether or not the task is cancelled; if that fails, the transaction cannot commit.
    func rollBack(to savepoint: String, in id: UInt64) async throws(PostgresError) {
        do throws(PostgresError) {
            // A stream that is cancelled aborts the transaction, which this repairs.
            try await enter(endingStreamIn: id, cancelling: true, Patience(uncancellableUntil: rollBackDeadline))
            defer { leave() }
            try await runUnprepared(
                ["ROLLBACK TO SAVEPOINT \(unescaped: savepoint)", "RELEASE SAVEPOINT \(unescaped: savepoint)"],
                in: id, Patience(uncancellableUntil: .now + configuration.commitTimeout))
            if transaction?.id == id { transaction?.failure = nil }
        } catch {
            markFailed(id, error)
            throw error
        }
    }

    /// If this fails, the transaction cannot commit: the caller is told that the savepoint's body has failed.
    func release(_ savepoint: String, in id: UInt64) async throws(PostgresError) {
        do throws(PostgresError) {
            try await control("RELEASE SAVEPOINT \(unescaped: savepoint)", in: id)
        } catch {
            markFailed(id, error)
            throw error
        }
    }

    /// As patient as a statement of the caller's.
    private func control(_ statement: PostgresQuery, in id: UInt64) async throws(PostgresError) {
        let patience = patience(in: id, nil)
        try await enter(endingStreamIn: id, cancelling: false, patience)
        defer { leave() }
        // Without a time-out of the caller's it has as long as COMMIT, because it is as short.
        let deadline = patience.deadline ?? .now + configuration.commitTimeout
        try await runUnprepared([statement], in: id, self.patience(in: id, deadline))
    }

    /// Each name is used once: these are not worth a place among the prepared statements.
    private func runUnprepared(
        _ statements: [PostgresQuery], in id: UInt64, _ patience: Patience
    ) async throws(PostgresError) {
        _ = try await runInTurn(statements.map(\.unprepared), in: id, patience)
    }
}
