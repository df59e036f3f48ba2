internal import CLibPQ

extension PostgresConnection {
    /// One statement of a flush.
    struct Step {
        var query: PostgresQuery
        /// Whether the statement may be kept prepared on the server.
        var mayBePrepared = true
    }

    /// What became of a flush.
    struct FlushResult {
        /// The results of the statements before the first failed one.
        var rows: [PostgresRows] = []
        /// The first failure. The server has skipped every statement after it.
        var failure: PostgresError?
        /// Warnings that came along.
        var notices: [ServerDiagnostics] = []
    }

    /// What one queued message pair will answer with.
    private enum Expected {
        case deallocated(name: String)
        /// The end of the DEALLOCATEs, so that their failure and the caller's statements have nothing to do with one another.
        case synced
        case prepared(StatementCache.Key)
        case rows(PostgresQuery, StatementCache.Key)
    }

    /// Queues the statements and a Sync, sends them, and reads all the answers: one round trip.
    ///
    /// - Throws: only what ends the connection, which is closed then. A failed statement is in the result.
    func flush(_ steps: [Step], until deadline: ContinuousClock.Instant? = nil) async throws(PostgresError)
        -> FlushResult
    {
        guard let handle else { throw PostgresError(.connectionClosed, "the connection is closed") }
        do throws(PostgresError) {
            let expected = try queue(steps, on: handle)
            statistics.flushes += 1
            try await send(handle, until: deadline)
            return try await collect(expected, from: handle, until: deadline)
        } catch {
            close()
            throw error
        }
    }

    // MARK: Queue

    private func queue(_ steps: [Step], on handle: ConnectionHandle) throws(PostgresError) -> [Expected] {
        var expected: [Expected] = []
        expected.reserveCapacity(steps.count)
        try queueDeallocations(on: handle, &expected)
        for step in steps {
            let bindings = step.query.bindings
            let key = StatementCache.Key(sql: step.query.sql, types: bindings.types)
            var queued: Bool
            switch step.mayBePrepared ? statements.plan(key) : .unnamed {
            case .unnamed:
                queued = handle.sendQuery(step.query.sql, bindings)
            case .execute(let name):
                queued = handle.sendPrepared(name: name, bindings)
            case .prepare(let name):
                queued =
                    handle.sendPrepare(name: name, sql: step.query.sql, types: bindings.types)
                    && handle.sendPrepared(name: name, bindings)
                expected.append(.prepared(key))
                statistics.prepares += 1
            }
            guard queued else { throw broken(handle, "could not queue a statement") }
            expected.append(.rows(step.query, key))
            statistics.statements += 1
        }
        guard handle.sync() else { throw broken(handle, "could not queue a Sync") }
        statistics.syncs += 1
        return expected
    }

    /// Drops what earlier flushes evicted. What this flush evicts may still be used in it, and waits for the next.
    ///
    /// A pipeline of its own, because VACUUM and the like refuse to run behind another statement, and an aborted
    /// transaction refuses DEALLOCATE.
    private func queueDeallocations(
        on handle: ConnectionHandle, _ expected: inout [Expected]
    ) throws(PostgresError) {
        if statements.evicted.isEmpty || handle.transactionStatus == PQTRANS_INERROR { return }
        for name in statements.takeEvicted() {
            guard handle.sendQuery("DEALLOCATE \(name)", PostgresBindings()) else {
                throw broken(handle, "could not queue a statement")
            }
            expected.append(.deallocated(name: name))
        }
        guard handle.sync() else { throw broken(handle, "could not queue a Sync") }
        statistics.syncs += 1
        expected.append(.synced)
    }

    // MARK: Send

    private func send(_ handle: ConnectionHandle, until deadline: ContinuousClock.Instant?) async throws(PostgresError)
    {
        while true {
            switch handle.flush() {
            case 0: return
            case 1:
                // The server may itself be stuck until we read its answers: wait for either.
                let readiness = await thread.waitForSocket(handle.socket, [.readable, .writable], until: deadline)
                if readiness == .timedOut { throw timedOut() }
                if readiness.contains(.readable), !handle.consumeInput() { throw broken(handle, "connection lost") }
            default: throw broken(handle, "connection lost")
            }
        }
    }

    // MARK: Collect

    private func collect(
        _ expected: [Expected], from handle: ConnectionHandle, until deadline: ContinuousClock.Instant?
    ) async throws(PostgresError) -> FlushResult {
        var outcome = FlushResult()
        outcome.rows.reserveCapacity(expected.count)
        for item in expected {
            guard let result = try await nextResult(handle, until: deadline) else {
                throw broken(handle, "a result is missing")
            }
            if case .synced = item {
                guard result.status == PGRES_PIPELINE_SYNC else { throw broken(handle, "a Sync is missing") }
                continue
            }
            switch result.status {
            case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
                if case .rows = item { outcome.rows.append(PostgresRows(result: result)) }
            case PGRES_PIPELINE_ABORTED:
                undo(item)
            default:
                let failure = failure(result, item)
                if handle.isBad || result.diagnostics.endsSession { throw lost(failure) }
                if case .deallocated = item {} else { outcome.failure = outcome.failure ?? failure }
                undo(item, after: failure.sqlState)
            }
            // Every statement's results end with a nil.
            if try await nextResult(handle, until: deadline) != nil {
                throw broken(handle, "a statement returned a second result")
            }
        }
        guard let last = try await nextResult(handle, until: deadline), last.status == PGRES_PIPELINE_SYNC else {
            throw broken(handle, "the pipeline did not end with a Sync")
        }
        outcome.notices = handle.takeNotices()
        return outcome
    }

    private func nextResult(
        _ handle: ConnectionHandle, until deadline: ContinuousClock.Instant?
    ) async throws(PostgresError) -> ResultHandle? {
        while handle.isBusy {
            let readiness = await thread.waitForSocket(handle.socket, .readable, until: deadline)
            if readiness == .timedOut { throw timedOut() }
            if !handle.consumeInput() {
                // A farewell such as 57P01 may have come before the end; it says more than libpq's own words.
                if let farewell = handle.nextResult(), farewell.status == PGRES_FATAL_ERROR { return farewell }
                throw broken(handle, "connection lost")
            }
        }
        return handle.nextResult()
    }

    /// Keeps the cache true to what the server has after a statement failed or was skipped.
    private func undo(_ item: Expected, after sqlState: SQLState? = nil) {
        switch (item, sqlState) {
        case (.deallocated, .invalidSQLStatementName?): break  // it is gone, which is what was wanted
        case (.deallocated(let name), _): statements.keepEvicted(name)
        case (.prepared(let key), _), (.rows(_, let key), .invalidSQLStatementName?): statements.forget(key)
        case (.rows(_, let key), .featureNotSupported?): statements.evict(key)
        default: break
        }
    }

    // MARK: Errors

    private func failure(_ result: ResultHandle, _ item: Expected) -> PostgresError {
        let diagnostics = result.diagnostics
        var sql: String?
        switch item {
        case .rows(let query, _): sql = query.sql
        case .prepared(let key): sql = key.sql
        case .deallocated, .synced: break
        }
        return PostgresError(
            .server, diagnostics.message ?? "the server gave no message", server: diagnostics, sql: sql)
    }

    /// The server's last words before it ended the connection.
    private func lost(_ farewell: PostgresError) -> PostgresError {
        farewell.recoded(.connectionLost, "the server ended the connection")
    }

    private func broken(_ handle: ConnectionHandle, _ what: String) -> PostgresError {
        let words = handle.errorMessage.split(whereSeparator: \.isNewline).joined(separator: " ")
        return PostgresError(
            handle.isBad ? .connectionLost : .protocolViolation, words.isEmpty ? what : "\(what): \(words)")
    }

    private func timedOut() -> PostgresError {
        PostgresError(.timedOut, "the server did not answer in time; the connection is discarded")
    }
}
