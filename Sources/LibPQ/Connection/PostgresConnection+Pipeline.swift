internal import CLibPQ

extension PostgresConnection {
    /// What became of a flush.
    struct FlushResult {
        /// What was queued.
        let queries: [PostgresQuery]
        /// The results of the statements before the first failed one.
        var rows: [PostgresRows] = []
        /// The first failure. The server has skipped every statement after it.
        var failure: PostgresError?
        /// The failure is that a statement prepared earlier is gone or stale. The cache knows better now: send all again.
        var isStale = false
        /// What came along with the last statement and puts it in doubt if it is COMMIT; one such warning tells as much as all.
        var notices: [ServerDiagnostics] = []

        init(_ queries: [PostgresQuery]) { self.queries = queries }
    }

    /// What one queued message pair will answer with.
    enum Expected {
        case deallocated(name: String)
        /// The end of the DEALLOCATEs, so that their failure and the caller's statements have nothing to do with one another.
        case synced
        /// The index of the query that was prepared.
        case prepared(Int)
        /// The index of the query that was run.
        case rows(Int, wasPrepared: Bool)
    }

    /// Queues the statements and a Sync, sends them, and reads all the answers: one round trip.
    ///
    /// Inlined like all that it calls on the way to the socket: each asynchronous call asks the runtime for the executor when it
    /// begins and when it returns.
    ///
    /// - Throws: only what ends the connection, which is closed then. A failed statement is in the result.
    @inline(__always)
    func flush(_ queries: [PostgresQuery], _ patience: Patience) async throws(PostgresError) -> FlushResult {
        guard let handle else { throw PostgresError(.connectionClosed, "the connection is closed") }
        do throws(PostgresError) {
            var patience = patience
            var result = FlushResult(queries)
            doubt = nil
            result.rows.reserveCapacity(queries.count)
            let expected = try queue(queries, on: handle) + [.synced]
            if try !hasSent(handle) { try await send(handle, &patience) }
            try await collect(expected, from: handle, &result, &patience)
            if result.isStale { evict(expected, of: queries) }
            logNotices()
            result.notices = doubt.map { [$0] } ?? []
            doubt = nil
            collectNotifications()
            if cancelRequest != nil { await settleCancellation(&result.failure, &patience) }
            return result
        } catch {
            close()
            throw error
        }
    }

    // MARK: Queue

    func queue(_ queries: [PostgresQuery], on handle: ConnectionHandle) throws(PostgresError) -> [Expected] {
        var expected: [Expected] = []
        var prepares = 0
        expected.reserveCapacity(queries.count + 1)
        try queueDeallocations(on: handle, &expected)
        for (index, query) in queries.enumerated() {
            let bindings = query.bindings
            var queued: Bool
            var wasPrepared = false
            switch query.mayBePrepared ? statements.plan(query.cacheKey) : .unnamed {
            case .unnamed:
                queued = handle.sendQuery(query.sql, bindings)
            case .execute(let name):
                queued = handle.sendPrepared(name: name, bindings)
                wasPrepared = true
            case .prepare(let name):
                queued =
                    handle.sendPrepare(name: name, sql: query.sql, types: bindings.types)
                    && handle.sendPrepared(name: name, bindings)
                expected.append(.prepared(index))
                prepares += 1
            }
            guard queued else { throw broken(handle, "could not queue a statement") }
            expected.append(.rows(index, wasPrepared: wasPrepared))
        }
        guard handle.sync() else { throw broken(handle, "could not queue a Sync") }
        statistics.count(statements: queries.count, prepares: prepares)
        return expected
    }

    /// Drops what earlier flushes evicted. What this flush evicts may still be used in it, and waits for the next.
    ///
    /// A pipeline of its own, because VACUUM and the like refuse to run behind another statement. Outside of transactions only: one
    /// that is aborted refuses DEALLOCATE, and one that is not would be aborted where the server has lost the statement.
    private func queueDeallocations(
        on handle: ConnectionHandle, _ expected: inout [Expected]
    ) throws(PostgresError) {
        if statements.evicted.isEmpty || handle.transactionStatus != PQTRANS_IDLE { return }
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

    func send(_ handle: ConnectionHandle, _ patience: inout Patience) async throws(PostgresError) {
        while try !hasSent(handle) {
            // The server may itself be stuck until we read its answers: wait for either.
            let readiness = try await waitForSocket(handle, [.readable, .writable], &patience)
            // Half a statement cannot be cancelled, and nothing else can be sent before its other half.
            if patience.reason != nil { throw discarded(patience) }
            if readiness.contains(.readable), !handle.consumeInput() { throw broken(handle, "connection lost") }
        }
    }

    /// Sends what the socket takes. Returns whether that was all.
    private func hasSent(_ handle: ConnectionHandle) throws(PostgresError) -> Bool {
        switch handle.flush() {
        case 0: return true
        case 1: return false
        default: throw broken(handle, "connection lost")
        }
    }

    // MARK: Collect

    /// Reads the answers to what was queued.
    ///
    /// Everything that has arrived is read in one go: each asynchronous call would look for the executor again, which costs
    /// more than libpq takes for a result.
    @inline(__always)
    func collect(
        _ expected: [Expected], from handle: ConnectionHandle, _ flush: inout FlushResult, _ patience: inout Patience
    ) async throws(PostgresError) {
        var position = AnswerPosition()
        while try !readArrived(expected, &position, from: handle, &flush) {
            let readiness = try await waitForSocket(handle, .readable, &patience)
            if !readiness.contains(.readable) || handle.consumeInput() { continue }
            if let farewell = farewell(handle) {
                try record(farewell, of: expected[position.index], in: &flush, handle)
            }
            throw broken(handle, "connection lost")
        }
    }

    /// Reads the end of a pipeline.
    func collectSync(
        from handle: ConnectionHandle, _ flush: inout FlushResult, _ patience: inout Patience
    ) async throws(PostgresError) {
        try await collect([.synced], from: handle, &flush, &patience)
    }

    /// A farewell such as 57P01, if one came before the connection's end; it says more than libpq's own words, which come in a result
    /// without an SQLSTATE.
    private func farewell(_ handle: ConnectionHandle) -> ResultHandle? {
        guard let result = handle.nextResult(), result.status == PGRES_FATAL_ERROR else { return nil }
        return result.diagnostics.sqlState == nil ? nil : result
    }

    /// Which answer comes next.
    private struct AnswerPosition {
        var index = 0
        /// The statement's result has come, but not yet the nil that ends its results.
        var awaitsEnd = false
    }

    /// Reads answers until libpq needs more input. Returns whether all have been read.
    private func readArrived(
        _ expected: [Expected], _ position: inout AnswerPosition, from handle: ConnectionHandle,
        _ flush: inout FlushResult
    ) throws(PostgresError) -> Bool {
        while position.index < expected.count {
            if handle.isBusy { return false }
            let result = handle.nextResult()
            let item = expected[position.index]
            if position.awaitsEnd {
                if result != nil { throw broken(handle, "a statement returned a second result") }
                position.awaitsEnd = false
                if case .synced = item { continue }
            } else if case .synced = item, result?.status == PGRES_PIPELINE_SYNC {
                // One result, and no nil behind it.
            } else {
                guard let result else { throw broken(handle, "a result is missing") }
                // A Sync commits what is in no transaction, which may fail: a deferred constraint, a serialization failure.
                if case .synced = item, result.status != PGRES_FATAL_ERROR {
                    throw broken(handle, "the pipeline did not end with a Sync")
                }
                switch result.status {
                case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
                    if case .rows(let index, _) = item {
                        // Its warnings are not those of the last statement, which may be COMMIT.
                        if index < flush.queries.count - 1 {
                            logNotices()
                            doubt = nil
                        }
                        // Both mark the session as changed. What a statement behind prepares is then prepared twice.
                        if sessionChanged, ["DEALLOCATE ALL", "DISCARD ALL"].contains(result.commandTag) {
                            statements.removeAll()
                        }
                        flush.rows.append(PostgresRows(result: result))
                    }
                default:
                    try record(result, of: item, in: &flush, handle)
                }
                position.awaitsEnd = true
                continue
            }
            position.index += 1
        }
        return true
    }

    /// Takes note of a result that is a failure, or was skipped after one.
    ///
    /// - Throws: when it is the server's farewell.
    func record(
        _ result: ResultHandle, of item: Expected, in flush: inout FlushResult, _ handle: ConnectionHandle
    ) throws(PostgresError) {
        if result.status == PGRES_PIPELINE_ABORTED { return undo(item, of: flush.queries) }
        let failure = failure(result, item, of: flush.queries)
        watchForLeaving(failure.sqlState)
        if handle.isBad || result.diagnostics.endsSession { throw lost(failure) }
        undo(item, of: flush.queries, after: failure.sqlState)
        if case .deallocated = item { return }
        if flush.failure != nil { return }
        flush.failure = failure
        if case .rows(_, wasPrepared: true) = item {
            flush.isStale =
                failure.sqlState == .invalidSQLStatementName || failure.sqlState == .featureNotSupported
                || failure.sqlState == .datatypeMismatch
        }
    }

    func nextResult(
        _ handle: ConnectionHandle, _ patience: inout Patience
    ) async throws(PostgresError) -> ResultHandle? {
        while handle.isBusy {
            let readiness = try await waitForSocket(handle, .readable, &patience)
            if !readiness.contains(.readable) || handle.consumeInput() { continue }
            if let farewell = farewell(handle) { return farewell }
            throw broken(handle, "connection lost")
        }
        return handle.nextResult()
    }

    /// Keeps the cache true to what the server has after a statement failed or was skipped.
    private func undo(_ item: Expected, of queries: [PostgresQuery], after sqlState: SQLState? = nil) {
        switch (item, sqlState) {
        case (.deallocated, .invalidSQLStatementName?): break  // it is gone, which is what was wanted
        case (.deallocated(let name), _): statements.keepEvicted(name)
        case (.prepared(let index), _), (.rows(let index, _), .invalidSQLStatementName?):
            statements.forget(queries[index].cacheKey)
        case (.rows(let index, _), .featureNotSupported?), (.rows(let index, _), .datatypeMismatch?):
            statements.evict(queries[index].cacheKey)
        default: break
        }
    }

    /// Where one statement was gone or stale, the others that went by name may be so, too: the server has skipped them. All are prepared
    /// anew.
    private func evict(_ expected: [Expected], of queries: [PostgresQuery]) {
        for case .rows(let index, wasPrepared: true) in expected { statements.evict(queries[index].cacheKey) }
    }

    // MARK: Errors

    private func failure(_ result: ResultHandle, _ item: Expected, of queries: [PostgresQuery]) -> PostgresError {
        let diagnostics = result.diagnostics
        var sql: String?
        switch item {
        case .rows(let index, _), .prepared(let index): sql = queries[index].sql
        case .synced where queries.count == 1: sql = queries[0].sql
        case .deallocated, .synced: break
        }
        return PostgresError(
            .server, diagnostics.message ?? "the server gave no message", server: diagnostics, sql: sql)
    }

    /// The server's last words before it ended the connection.
    func lost(_ farewell: PostgresError) -> PostgresError {
        farewell.recoded(.connectionLost, "the server ended the connection")
    }

    /// The thread cannot wait for the socket: libpq has closed it, or the system has no room for another watch.
    func unwatchable(_ handle: ConnectionHandle) -> PostgresError {
        handle.isBad
            ? broken(handle, "connection lost")
            : PostgresError(.connectionLost, "the system cannot watch the connection's socket")
    }

    func broken(_ handle: ConnectionHandle, _ what: String) -> PostgresError {
        let words = handle.errorMessage.split(whereSeparator: \.isNewline).joined(separator: " ")
        return PostgresError(
            handle.isBad ? .connectionLost : .protocolViolation, words.isEmpty ? what : "\(what): \(words)")
    }
}
