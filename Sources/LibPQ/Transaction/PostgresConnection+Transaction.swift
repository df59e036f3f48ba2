internal import CLibPQ

/// The connection's side of a ``PostgresTransaction``.
struct OpenTransaction {
    let id: UInt64
    let options: TransactionOptions
    /// BEGIN has been sent; it rides with the first statement.
    var hasBegun = false
    /// The first failed statement.
    var failure: PostgresError?
    var savepoints = 0
    /// When its statements are given up at the latest, but not COMMIT and ROLLBACK.
    var deadline: MonotonicInstant?
    /// The deadline has ended a statement, or kept one from being sent. No savepoint undoes this.
    var missedDeadline = false
    /// Set while the end waits for the connection's turn: no new stream may keep it.
    var ending: Ending?

    /// How a transaction, or a lease, ends.
    enum Ending {
        /// What runs may run to its end.
        case commit
        /// What runs is cancelled.
        case rollBack
    }
}

extension PostgresConnection {
    /// Runs `body` in a transaction, and commits when it returns. It runs on this connection's thread, or on the caller's actor if it
    /// belongs to one.
    ///
    /// When `body` throws, the transaction is rolled back and the error comes out unwrapped. Cancelling the task does not
    /// interrupt COMMIT or ROLLBACK.
    ///
    /// - Throws: `body`'s error; or a ``PostgresError``: `transactionAborted` when a statement had failed and `body` swallowed
    ///   the error, `commitUnknown` when COMMIT's answer was lost, `server` when COMMIT was refused.
    public func withTransaction<T>(
        _ options: TransactionOptions = TransactionOptions(), isolation: isolated (any Actor)? = #isolation,
        _ body: (PostgresTransaction) async throws -> T
    ) async throws -> T {
        try await host(isolation: isolation) { try await $0.transact(options, body) }
    }

    /// ``withTransaction(_:isolation:_:)`` for callers whose body is hosted already.
    nonisolated func transact<T>(
        _ options: TransactionOptions, _ body: (PostgresTransaction) async throws -> T
    ) async throws -> T {
        let transaction = try await begin(options)
        let value: T
        do {
            value = try await body(transaction)
        } catch {
            await rollBack(transaction)
            throw error
        }
        try await commit(transaction)
        return value
    }

    /// Opens a transaction, which the caller must end with ``commit(_:after:)`` or ``rollBack(_:)``. Prefer
    /// ``withTransaction(_:isolation:_:)``, which cannot forget that.
    ///
    /// Sends nothing: BEGIN rides with the first statement.
    ///
    /// - Throws: `connectionClosed`; `transactionControl` when one is open on this connection.
    public func begin(_ options: TransactionOptions = TransactionOptions()) throws(PostgresError)
        -> PostgresTransaction
    {
        if handle == nil { throw PostgresError(.connectionClosed, "the connection is closed") }
        if transaction != nil { throw PostgresError(.transactionControl, "a transaction is open on this connection") }
        lastTransactionID += 1
        transaction = OpenTransaction(id: lastTransactionID, options: options)
        return PostgresTransaction(connection: self, id: lastTransactionID)
    }

    /// The first failed statement of a transaction that is open.
    package func failure(of transaction: PostgresTransaction) -> PostgresError? {
        self.transaction?.id == transaction.id ? self.transaction?.failure : nil
    }

    /// Runs statements, inside the transaction of this ID, or outside of any for nil.
    func run(
        _ queries: [PostgresQuery], in id: UInt64?, deadline: ContinuousClock.Instant?, file: String, line: Int
    ) async throws(PostgresError) -> [PostgresRows] {
        do throws(PostgresError) {
            try check(queries)
            let patience = patience(in: id, MonotonicInstant(deadline))
            try refuseOpenStream()
            if try !takeTurn(patience) { try await waitForTurn(patience) }
            defer { leave() }
            try checkOpen(id)
            return try await runInTurn(queries, in: id, patience, reporting: queries)
        } catch {
            // Whoever tried to end the transaction by hand must not have it committed by swallowing the refusal.
            if error.code == .transactionControl, let id { markFailed(id, error) }
            noteDeadline(id, error)
            throw error.at(sql: nil, file: file, line: line)
        }
    }

    /// Lets metrics and traces know that statements are under way; nil when nobody listens, or there are none.
    private func beginOperation(_ queries: [PostgresQuery]) -> OperationTelemetry.Operation? {
        guard let telemetry, !queries.isEmpty else { return nil }
        return telemetry.begin(queries.count == 1 ? kind(of: queries[0].sql).verb : "PIPELINE", queries)
    }

    /// How long a statement of the caller's may take: until the deadline given, or else as long as the configuration says; and not
    /// beyond its transaction's deadline.
    func patience(in id: UInt64?, _ deadline: MonotonicInstant?) -> Patience {
        var deadline = deadline ?? configuration.queryTimeout.map { .now + $0 }
        if id != nil, let latest = transaction?.deadline { deadline = min(deadline ?? latest, latest) }
        return Patience(
            deadline: deadline,
            heedsCancellation: !(id != nil && transaction?.options.ignoresCancellation == true),
            grace: configuration.cancelTimeout)
    }

    /// Runs statements for whoever has the connection's turn; and once more, where that changes nothing, if one was stale.
    ///
    /// - Parameter reported: the statements that metrics and traces are told of; none when it is empty.
    @inline(__always)
    func runInTurn(
        _ queries: [PostgresQuery], in id: UInt64?, _ patience: Patience, reporting reported: [PostgresQuery] = []
    ) async throws(PostgresError) -> [PostgresRows] {
        if queries.isEmpty { return [] }
        let begin = pendingBegin(in: id)
        let all = begin.isEmpty ? queries : begin + queries
        let operation = beginOperation(reported)
        var result: FlushResult
        do throws(PostgresError) {
            result = try await flush(all, patience)
            if result.isStale, mayRepeat(queries, in: id, isFirst: !begin.isEmpty) {
                if id != nil { await sendAlone("ROLLBACK") }
                result = try await flush(all, patience)
            }
        } catch {
            operation?.end(error)
            throw error
        }
        operation?.end(result.failure)
        if let failure = result.failure {
            // A statement of nobody's transaction may fail while somebody opens one.
            if let id { markFailed(id, failure) }
            throw failure
        }
        return begin.isEmpty ? result.rows : Array(result.rows.suffix(queries.count))
    }

    /// Whether a flush in which a statement was stale has had no effect.
    ///
    /// - Parameter isFirst: it is the first of its transaction, which is undone then.
    private func mayRepeat(_ queries: [PostgresQuery], in id: UInt64?, isFirst: Bool) -> Bool {
        if id != nil, !isFirst { return false }
        let kinds = queries.map { kind(of: $0.sql) }
        // In a transaction, those that commit by themselves are refused.
        return id == nil && kinds.count > 1
            ? kinds.allSatisfy(\.isUndoneWithPipeline) : !kinds.contains(where: \.outlivesRollback)
    }

    /// From here on the transaction can only be rolled back. The first failure is kept.
    func markFailed(_ id: UInt64, _ failure: PostgresError) {
        noteDeadline(id, failure)
        if transaction?.id == id, transaction?.failure == nil { transaction?.failure = failure }
    }

    /// BEGIN, once, in front of the transaction's first statements.
    ///
    /// - Parameter id: the statements' transaction; nil for those outside of any, which may still wait for the server when somebody
    ///   opens one.
    func pendingBegin(in id: UInt64?) -> [PostgresQuery] {
        guard let open = transaction, open.id == id, !open.hasBegun else { return [] }
        transaction?.hasBegun = true
        return [open.options.beginStatement]
    }

    func checkOpen(_ id: UInt64?) throws(PostgresError) {
        if handle == nil { throw PostgresError(.connectionClosed, "the connection is closed") }
        if transaction?.id == id { return }
        throw id == nil
            ? PostgresError(
                .transactionControl, "a transaction is open on this connection; run the statement through it")
            : PostgresError(.transactionEnded, "the transaction has ended")
    }

    /// Refuses, before anything is sent, what the API must do itself.
    func check(_ queries: [PostgresQuery]) throws(PostgresError) {
        for query in queries {
            let kind = kind(of: query.sql)
            if let error = query.invalidity(kind) { throw error }
            if kind.controlsTransaction {
                throw PostgresError(
                    .transactionControl,
                    "BEGIN, COMMIT, ROLLBACK and SAVEPOINT are refused: use withTransaction and "
                        + "withSavepoint", sql: query.sql)
            }
            if kind.isCopy {
                throw PostgresError(
                    .unsupportedStatement, "COPY cannot be run as a query: use copyIn or copyOut", sql: query.sql)
            }
            if kind.changesSession { sessionChanged = true }
        }
    }

    func kind(of sql: String) -> StatementKind {
        let text = StatementText(sql)
        if let known = knownKinds[text] { return known }
        if sql.utf8.count > Self.longestKnownText { return StatementKind(sql: sql) }
        if knownKinds.count >= Self.maximumKnownKinds { knownKinds.removeAll() }
        let kind = StatementKind(sql: sql)
        knownKinds[text] = kind
        return kind
    }

    /// More than a service has statements, and bounded for one that writes its values into the text.
    private static let maximumKnownKinds = 512

    /// In bytes. Longer ones are data rather than statements, and would take 4 MB together.
    private static let longestKnownText = 8192

    // MARK: Ends

    /// Sends last statements and COMMIT in one flush: one round trip, or none when the transaction never sent anything.
    ///
    /// The transaction has ended when this returns or throws, which takes
    /// ``PostgresConnection/Configuration/commitTimeout`` at most. On `commitUnknown` the connection is closed. Cancelling the task
    /// does not interrupt this.
    ///
    /// - Returns: the results of `queries`.
    /// - Throws: what ``withTransaction(_:isolation:_:)`` throws, and the first failure of `queries`: then nothing was written.
    ///   `timedOut` when a statement or a stream's rest kept COMMIT from being sent in time: nothing was written, and the
    ///   connection is closed. `transactionEnded` when the transaction had ended before.
    @discardableResult
    public func commit(
        _ transaction: PostgresTransaction, after queries: [PostgresQuery] = []
    ) async throws(PostgresError) -> [PostgresRows] {
        try checkOpen(transaction.id)
        let deadline = MonotonicInstant.now + configuration.commitTimeout
        self.transaction?.ending = .commit
        do throws(PostgresError) {
            let patience = Patience(uncancellableUntil: deadline)
            let hasTurn = try openStream == nil ? takeTurn(patience) : false
            if !hasTurn {
                try await enter(endingStreamIn: transaction.id, cancelling: false, patience)
            }
        } catch {
            // Nothing of COMMIT was sent: the server rolls back when the connection ends.
            if self.transaction?.id == transaction.id { close() }
            throw error.code == .timedOut && handle == nil ? Self.commitNotSent : error
        }
        defer { leave() }
        if let failure = self.transaction?.failure {
            await sendRollback(until: deadline)
            throw Self.aborted(by: failure)
        }
        do throws(PostgresError) {
            try check(queries)
        } catch {
            await sendRollback(until: deadline)
            throw error
        }
        let statements = pendingBegin(in: transaction.id) + queries
        if statements.count == 1 && queries.isEmpty {  // BEGIN and nothing else
            self.transaction = nil
            return []
        }
        let operation = beginOperation(queries + ["COMMIT"])
        let result: FlushResult
        do throws(PostgresError) {
            statistics.commits += 1
            // Not prepared, because a server that has lost it would undo the work.
            result = try await flush(
                statements + [("COMMIT" as PostgresQuery).unprepared], Patience(uncancellableUntil: deadline))
        } catch {
            operation?.end(error)
            throw error.recoded(.commitUnknown, "whether COMMIT happened is not known")
        }
        operation?.end(result.failure)
        if let failure = result.failure, result.rows.count < statements.count {
            await sendRollback(until: deadline)  // COMMIT was skipped
            throw failure
        }
        try await settle(result, until: deadline)
        return Array(result.rows.dropLast().suffix(queries.count))
    }

    /// What becomes of a transaction in which a statement has failed.
    static func aborted(by failure: PostgresError) -> PostgresError {
        failure.recoded(.transactionAborted, "a statement had failed, so the transaction cannot commit")
    }

    private static var commitNotSent: PostgresError {
        PostgresError(
            .timedOut,
            "COMMIT could not be sent in time, because what came before it did not end; the connection is discarded")
    }

    /// Ends the transaction by what the answer to COMMIT says.
    private func settle(_ result: FlushResult, until deadline: MonotonicInstant) async throws(PostgresError) {
        transaction = nil
        let decision =
            result.failure.map { CommitDecision(failure: $0.sqlState) }
            ?? CommitDecision(tag: result.rows.last?.commandTag ?? "", notices: result.notices)
        switch (decision, result.failure) {
        case (.committed, _):
            return
        case (.rolledBack, let failure?):
            // A COMMIT that did not even begin has ended nothing.
            if let handle, handle.transactionStatus != PQTRANS_IDLE { await sendAlone("ROLLBACK", until: deadline) }
            throw failure
        case (.aborted, _), (.rolledBack, nil):
            throw PostgresError(.transactionAborted, "the server answered COMMIT with ROLLBACK")
        case (.unknown, let failure):
            close()
            let reason = failure ?? PostgresError(.server, "COMMIT came with a warning")
            throw reason.recoded(.commitUnknown, "whether COMMIT happened is not known")
        }
    }

    /// Ends the transaction without its writes. Never throws: when the server cannot be told, closing the connection tells it.
    public func rollBack(_ transaction: PostgresTransaction) async {
        if self.transaction?.id != transaction.id { return }
        self.transaction?.ending = .rollBack
        do throws(PostgresError) {
            try await enter(
                endingStreamIn: transaction.id, cancelling: true, Patience(uncancellableUntil: rollBackDeadline))
        } catch {
            if self.transaction?.id == transaction.id { close() }
            return
        }
        defer { leave() }
        await sendRollback()
    }

    /// Sends statements and ROLLBACK in one flush: one round trip, and the server undoes them at once, whatever becomes of this client.
    ///
    /// The transaction has ended when this returns or throws.
    ///
    /// - Returns: the results of `queries`.
    /// - Throws: the first failure of `queries`; why they could not be sent, `cancelled` for instance.
    package func rollBack(
        _ transaction: PostgresTransaction, after queries: [PostgresQuery]
    ) async throws(PostgresError) -> [PostgresRows] {
        let patience = patience(in: transaction.id, nil)
        do throws(PostgresError) {
            try check(queries)
            try await enter(endingStreamIn: transaction.id, cancelling: true, patience)
        } catch {
            await rollBack(transaction)
            throw error
        }
        defer { leave() }
        do throws(PostgresError) {
            let results = try await runInTurn(
                queries + [("ROLLBACK" as PostgresQuery).unprepared], in: transaction.id, patience,
                reporting: queries)
            self.transaction = nil
            return results.dropLast()
        } catch {
            await sendRollback()
            throw error
        }
    }

    /// Waits for the connection's turn, ending a stream that has it; for a statement of the transaction's end or of a savepoint.
    /// Pair with ``leave()``, except when it throws.
    func enter(
        endingStreamIn id: UInt64, cancelling: Bool, _ patience: Patience
    ) async throws(PostgresError) {
        try checkOpen(id)
        if openStream != nil { try await endStream(cancelling: cancelling, patience) }
        if try !takeTurn(patience) { try await waitForTurn(patience) }
        do throws(PostgresError) {
            try checkOpen(id)
        } catch {
            leave()
            throw error
        }
    }

    /// When the turn must have come to whoever cancels what has it.
    var rollBackDeadline: MonotonicInstant {
        .now + max(configuration.cancelTimeout, configuration.commitTimeout)
    }

    /// How the transaction or the lease is about to end, if anybody waits for that.
    var ending: OpenTransaction.Ending? { isResetting ? .rollBack : transaction?.ending }

    func sendRollback(until deadline: MonotonicInstant? = nil) async {
        let hasBegun = transaction?.hasBegun ?? false
        transaction = nil
        if hasBegun { await sendAlone("ROLLBACK", until: deadline) }
    }

    /// One statement of ours that must succeed, or the connection is closed.
    ///
    /// - Parameter deadline: when it must have been answered; nil for as long as COMMIT has.
    func sendAlone(_ statement: PostgresQuery, until deadline: MonotonicInstant? = nil) async {
        let deadline = deadline ?? .now + configuration.commitTimeout
        let result = try? await flush([statement.unprepared], Patience(uncancellableUntil: deadline))
        if result == nil || result?.failure != nil { close() }
    }
}
