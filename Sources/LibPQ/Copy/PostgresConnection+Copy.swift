internal import CLibPQ

/// COPY: libpq runs it outside of pipeline mode only, as a conversation of its own.
extension PostgresConnection {
    /// Sends `COPY ... FROM STDIN`.
    ///
    /// - Returns: the stream's ID, and whether the server expects the binary format.
    func openCopyIn(
        _ query: PostgresQuery, in id: UInt64?, deadline: MonotonicInstant?
    ) async throws(PostgresError) -> (id: UInt64, isBinary: Bool) {
        var isBinary = false
        let stream = try await openCopy(
            query, in: id, for: StreamLease(self), .copyIn, PGRES_COPY_IN, "FROM STDIN", deadline, &isBinary)
        return (stream, isBinary)
    }

    /// Sends `COPY ... TO STDOUT`; the data are left in the socket until they are asked for.
    func openCopyOut(
        _ query: PostgresQuery, in id: UInt64?, for lease: StreamLease, deadline: MonotonicInstant?
    ) async throws(PostgresError) -> UInt64 {
        var isBinary = false
        return try await openCopy(query, in: id, for: lease, .copyOut, PGRES_COPY_OUT, "TO STDOUT", deadline, &isBinary)
    }

    private func openCopy(
        _ query: PostgresQuery, in id: UInt64?, for lease: StreamLease, _ content: OpenStream.Content,
        _ expected: ExecStatusType, _ direction: String, _ deadline: MonotonicInstant?, _ isBinary: inout Bool
    ) async throws(PostgresError) -> UInt64 {
        let kind = kind(of: query.sql)
        if let error = query.invalidity(kind) { throw error }
        guard kind.isCopy, query.bindings.count == 0 else {
            throw PostgresError(
                .unsupportedStatement, "not a COPY ... \(direction) without parameters", sql: query.sql)
        }
        if kind.changesSession { sessionChanged = true }
        return try await openStream(in: id, for: lease, deadline) { handle, patience throws(PostgresError) in
            let flush = try await self.parseCopy(query, in: id, handle, &patience)
            if let refusal = flush.failure { return .failure(refusal) }
            guard handle.exitPipelineMode(), handle.sendSimpleQuery(query.sql) else {
                throw self.broken(handle, "COPY cannot be sent")
            }
            self.statistics.flushes += 1
            self.statistics.statements += 1
            try await self.send(handle, &patience)
            guard let result = try await self.nextResult(handle, &patience) else {
                throw self.broken(handle, "COPY has no result")
            }
            if result.status == expected {
                isBinary = result.isBinaryCopy
                return .success((content, flush))
            }
            if result.status != PGRES_FATAL_ERROR, result.status != PGRES_COMMAND_OK {
                // The conversation of the other direction has begun.
                throw PostgresError(
                    .unsupportedStatement, "the statement is not a COPY ... \(direction)", sql: query.sql)
            }
            let refusal = try await self.endCopy(result, handle, &patience, query)
            return .failure(
                refusal
                    ?? PostgresError(
                        .unsupportedStatement, "the COPY went from or to a file of the server; use execute",
                        sql: query.sql))
        }
    }

    /// BEGIN, which cannot ride with a COPY, and a look at the statement: the server parses it by the extended protocol, which takes
    /// one statement only. The COPY itself then goes by the simple protocol, which would take several, but in which the end of a
    /// COPY that the server breaks off is one message whenever it comes; in the extended protocol it is one or two.
    private func parseCopy(
        _ query: PostgresQuery, in id: UInt64?, _ handle: ConnectionHandle, _ patience: inout Patience
    ) async throws(PostgresError) -> FlushResult {
        let begin = pendingBegin(in: id).map(\.unprepared)  // see openRows
        var expected = begin.isEmpty ? [] : try queue(begin, on: handle) + [.synced]
        guard handle.sendPrepare(name: "", sql: query.sql, types: []), handle.sync() else {
            throw broken(handle, "could not queue a statement")
        }
        expected += [.prepared(begin.count), .synced]
        statistics.syncs += 1
        statistics.flushes += 1
        try await send(handle, &patience)
        var flush = FlushResult(begin + [query])
        try await collect(expected, from: handle, &flush, &patience)
        await settleCancellation(&flush.failure, &patience)
        return flush
    }

    // MARK: In

    /// How much may be queued before the server has taken it: enough to fill a socket, little for memory.
    private static let queuedCopyBytes = 128 * 1024

    /// Sends data, as fast as the server takes them.
    func putCopyData(
        _ bytes: [UInt8], of id: UInt64, deadline: MonotonicInstant?
    ) async throws(PostgresError) {
        // What has not been sent need not be cancelled on the server: whoever sends makes the COPY fail.
        if Task.isCancelled {
            throw PostgresError(.cancelled, "the calling task was cancelled in the middle of a COPY")
        }
        if let deadline, deadline <= .now {
            throw PostgresError(.timedOut, "the deadline passed in the middle of a COPY")
        }
        _ = try await use(id, deadline) { handle, patience throws(PostgresError) -> Batch<Never> in
            var rest = bytes[...]
            while !rest.isEmpty {
                let piece = rest.prefix(Self.queuedCopyBytes)
                rest = rest.dropFirst(piece.count)
                guard handle.putCopyData(piece) else { throw self.broken(handle, "COPY data cannot be sent") }
                self.unsentCopyBytes += piece.count
                if self.unsentCopyBytes >= Self.queuedCopyBytes {
                    try await self.send(handle, &patience)
                    self.unsentCopyBytes = 0
                }
            }
            return Batch()
        }
    }

    /// Ends the data.
    ///
    /// - Returns: the number of rows.
    func finishCopyIn(_ id: UInt64, deadline: MonotonicInstant?) async throws(PostgresError) -> Int {
        let batch = try await use(id, deadline) { handle, patience throws(PostgresError) in
            try await self.endCopyIn(handle, failure: nil, &patience)
        }
        if let failure = batch.failure { throw failure }
        return batch.elements.first ?? 0
    }

    /// Ends the data before their time: the server undoes the statement. The caller's task may have been cancelled.
    func failCopyIn(_ id: UInt64) async {
        try? await endStream(id, cancelling: false, Patience(uncancellableUntil: .now + configuration.cancelTimeout))
    }

    func endCopyIn(
        _ handle: ConnectionHandle, failure: String?, _ patience: inout Patience
    ) async throws(PostgresError) -> Batch<Int> {
        unsentCopyBytes = 0
        guard handle.putCopyEnd(failure: failure) else { throw broken(handle, "COPY cannot be ended") }
        try await send(handle, &patience)
        guard let result = try await nextResult(handle, &patience) else {
            throw broken(handle, "COPY has no result")
        }
        let failure = try await endCopy(result, handle, &patience, nil)
        return Batch(elements: [result.affectedRows], isLast: true, failure: failure)
    }

    // MARK: Out

    /// The next data: what has arrived, or else the first to arrive.
    func nextCopyData(of id: UInt64, deadline: MonotonicInstant?) async throws(PostgresError) -> Batch<[UInt8]> {
        try await use(id, deadline) { handle, patience throws(PostgresError) in
            try await self.readCopyData(handle, &patience)
        }
    }

    func readCopyData(
        _ handle: ConnectionHandle, _ patience: inout Patience
    ) async throws(PostgresError) -> Batch<[UInt8]> {
        var data: [[UInt8]] = []
        while true {
            switch handle.getCopyData() {
            case .bytes(let bytes):
                if isUnwanted(patience) { continue }
                data.append(bytes)
                if data.count == Self.copyDataAtATime { return Batch(elements: data) }
            case .none:
                if !data.isEmpty { return Batch(elements: data) }
                let readiness = try await waitForSocket(handle, .readable, &patience)
                if readiness.contains(.readable), !handle.consumeInput() { throw broken(handle, "connection lost") }
            case .end:
                guard let result = try await nextResult(handle, &patience) else {
                    throw broken(handle, "COPY has no result")
                }
                let failure = try await endCopy(result, handle, &patience, nil)
                return Batch(elements: data, isLast: true, failure: failure ?? incompleteness(patience))
            }
        }
    }

    private static let copyDataAtATime = 256

    // MARK: End

    /// Reads what follows the last data, and goes back to pipeline mode.
    ///
    /// - Returns: why the COPY failed.
    private func endCopy(
        _ result: ResultHandle, _ handle: ConnectionHandle, _ patience: inout Patience, _ query: PostgresQuery?
    ) async throws(PostgresError) -> PostgresError? {
        var failure: PostgresError?
        if result.status != PGRES_COMMAND_OK {
            let diagnostics = result.diagnostics
            let error = PostgresError(
                .server, diagnostics.message ?? "the server gave no message", server: diagnostics, sql: query?.sql)
            watchForLeaving(diagnostics.sqlState)
            if handle.isBad || diagnostics.endsSession { throw lost(error) }
            failure = error
        }
        while try await nextResult(handle, &patience) != nil {}
        logNotices()
        await settleCancellation(&failure, &patience)
        guard handle.enterPipelineMode() else { throw broken(handle, "pipeline mode cannot be entered") }
        return failure
    }
}
