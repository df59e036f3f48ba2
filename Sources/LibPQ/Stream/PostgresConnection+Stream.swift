internal import CLibPQ

extension PostgresConnection {
    /// Some elements of a stream.
    struct Batch<Element> {
        var elements: [Element] = []
        /// No element follows: the connection is free again.
        var isLast = false
        /// Why no element follows, unless all have been read.
        var failure: PostgresError?
    }

    /// As many elements as are handed over at a time when they come faster than they are read: few enough to be held in
    /// memory, enough for a change of threads to be paid for.
    private static let elementsAtATime = 256

    // MARK: Open

    /// Sends the statement; its rows are left in the socket until they are asked for.
    func openRows(
        _ query: PostgresQuery, in id: UInt64?, for lease: StreamLease, deadline: MonotonicInstant?
    ) async throws(PostgresError) -> UInt64 {
        try check([query])
        return try await openStream(in: id, for: lease, deadline) { handle, patience throws(PostgresError) in
            // Read once, it is not worth a place among the prepared ones; and a BEGIN that was lost would have to be sent again.
            let queries = (self.pendingBegin(in: id) + [query]).map(\.unprepared)
            var expected = try self.queue(queries, on: handle)
            let item = expected.removeLast()
            try await self.send(handle, &patience)
            var flush = FlushResult(queries)
            try await self.collect(expected, from: handle, &flush, &patience)
            // Of a statement that was skipped there is nothing to read row by row.
            guard handle.enterSingleRowMode() || flush.failure != nil else {
                throw self.broken(handle, "the rows cannot be read one by one")
            }
            return .success((.rows(item), flush))
        }
    }

    /// What a stream begins with; or why the server refused the statement, so that there is none.
    typealias Start = Result<(OpenStream.Content, FlushResult), PostgresError>

    /// Takes the connection's turn and keeps it for a stream. `start` throws only what ends the connection.
    func openStream(
        in id: UInt64?, for lease: StreamLease, _ deadline: MonotonicInstant?,
        _ start: (ConnectionHandle, inout Patience) async throws(PostgresError) -> Start
    ) async throws(PostgresError) -> UInt64 {
        var patience = patience(in: id, deadline)
        try refuseOpenStream()
        do throws(PostgresError) {
            try await enter(patience)
        } catch {
            noteDeadline(id, error)
            throw error
        }
        do throws(PostgresError) {
            try checkOpen(id)
            // Whoever ends it already waits for the turn, and would wait for the reader.
            if ending != nil { throw Self.endedAround }
            guard let handle else { throw PostgresError(.connectionClosed, "the connection is closed") }
            let started: Start
            do throws(PostgresError) {
                started = try await start(handle, &patience)
                // A request to cancel that is still on its way, or whose effect nobody has looked for, could hit a later statement.
                if let cancelRequest, cancelRequest.state != .failed { throw discarded(patience) }
                cancelRequest = nil
                if self.handle == nil { throw PostgresError(.connectionClosed, "the connection was closed") }
            } catch {
                close()
                throw error
            }
            if let id, case .failure(let refusal) = started { markFailed(id, refusal) }
            let (content, flush) = try started.get()
            lastStreamID += 1
            let stream = OpenStream(
                id: lastStreamID, transactionID: id, content: content, lease: lease, flush: flush)
            openStream = stream
            lease.opened(stream.id)
            // Whoever has begun to wait since has seen no stream that was to be ended.
            if let ending { try? await endStream(cancelling: ending == .rollBack, patience) }
            return stream.id
        } catch {
            leave()
            throw error
        }
    }

    /// A statement behind a stream would wait for rows that nobody reads while its caller waits for the statement.
    func refuseOpenStream() throws(PostgresError) {
        guard let openStream, !openStream.isEnded, !openStream.lease.isAbandoned else { return }
        throw PostgresError(
            .connectionBusy,
            "a stream or COPY is under way on this connection; let it end first, or use another connection")
    }

    // MARK: Read

    /// The next rows: those that have arrived, or else the first to arrive.
    func nextRows(of id: UInt64, deadline: MonotonicInstant?) async throws(PostgresError) -> Batch<PostgresRow> {
        try await use(id, deadline) { handle, patience throws(PostgresError) in
            try await self.readRows(handle, &patience)
        }
    }

    /// Runs the body for the stream of this ID, and ends the stream with its last batch.
    func use<Element>(
        _ id: UInt64, _ deadline: MonotonicInstant?,
        _ body: (ConnectionHandle, inout Patience) async throws(PostgresError) -> Batch<Element>
    ) async throws(PostgresError) -> Batch<Element> {
        guard let handle else { throw PostgresError(.connectionClosed, "the connection is closed") }
        guard let stream = openStream, stream.id == id, !stream.isEnded else { throw Self.endedAround }
        precondition(!stream.isInUse, "a stream is read by two tasks at once")
        // Before the call, which lets others in.
        stream.isInUse = true
        return try await use(stream, handle, patience(in: stream.transactionID, deadline), body)
    }

    private static var endedAround: PostgresError {
        PostgresError(.transactionEnded, "the stream's transaction or lease has ended")
    }

    /// For a stream that is marked as being in use.
    private func use<Element>(
        _ stream: OpenStream, _ handle: ConnectionHandle, _ patience: Patience,
        _ body: (ConnectionHandle, inout Patience) async throws(PostgresError) -> Batch<Element>
    ) async throws(PostgresError) -> Batch<Element> {
        let result: Result<Batch<Element>, PostgresError>
        do throws(PostgresError) {
            var patience = patience
            result = .success(try await body(handle, &patience))
        } catch {
            result = .failure(error)
        }
        // Whoever has ended the stream may have interrupted a wait that was over already; the next one is not meant.
        if stream.isEnded { waiter.clearInterrupt() }
        guard openStream === stream else {
            leave()  // the connection was closed meanwhile, and left the turn to whoever used it
            _ = try result.get()
            throw PostgresError(.connectionClosed, "the connection was closed")
        }
        switch result {
        case .success(let batch):
            if batch.isLast {
                if let id = stream.transactionID, let failure = batch.failure { markFailed(id, failure) }
                openStream = nil
                leave()
            } else if !stream.isEnded {
                stream.isInUse = false
            } else if !stream.isDraining {
                // Whoever ended it, when this batch was complete already, relies on us.
                stream.isDraining = true
                try? await drain(stream, handle, patience)
            }
            return batch
        case .failure(let error):
            stream.isInUse = false
            close()
            throw error
        }
    }

    private func readRows(
        _ handle: ConnectionHandle, _ patience: inout Patience
    ) async throws(PostgresError) -> Batch<PostgresRow> {
        guard case .rows(let item)? = openStream?.content, var flush = openStream?.flush else {
            return Batch(isLast: true)
        }
        var rows: [PostgresRow] = []
        while true {
            if handle.isBusy, !rows.isEmpty { return Batch(elements: rows) }
            // Asynchronous only when it must: for one row that call costs more than the row.
            let next = handle.isBusy ? try await nextResult(handle, &patience) : handle.nextResult()
            guard let result = next else { break }
            switch result.status {
            case PGRES_SINGLE_TUPLE:
                if isUnwanted(patience) { continue }
                rows.append(PostgresRow(result: result, index: 0))
                if rows.count == Self.elementsAtATime { return Batch(elements: rows) }
            case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
                continue  // follows the last row
            default:
                try record(result, of: item, in: &flush, handle)
            }
        }
        try await collectSync(from: handle, &flush, &patience)
        logNotices()
        await settleCancellation(&flush.failure, &patience)
        return Batch(elements: rows, isLast: true, failure: flush.failure ?? incompleteness(patience))
    }

    /// Whether what arrives is only read to get to the end.
    func isUnwanted(_ patience: Patience) -> Bool { patience.reason != nil || openStream?.isEnded != false }

    /// What the reader is told who gave up a statement that was faster than the request to cancel it: not all has been handed over.
    func incompleteness(_ patience: Patience) -> PostgresError? {
        guard let reason = patience.reason, openStream?.isEnded == false else { return nil }
        return PostgresError(reason.code, reason.sentence)
    }

    // MARK: End

    /// The reader is gone. Outside of a transaction the statement is cancelled; inside, that would abort the transaction, so
    /// that the rest is read and thrown away.
    func abandonStream(_ id: UInt64) async {
        guard let openStream, openStream.id == id else { return }
        // Nobody waits for this, but ROLLBACK may come and interrupt it.
        let patience = Patience(deadline: nil, heedsCancellation: true, grace: configuration.cancelTimeout)
        try? await endStream(id, cancelling: openStream.transactionID == nil, patience)
    }

    /// Brings a stream to its end, because somebody needs the connection. Does nothing when there is none.
    ///
    /// - Parameters:
    ///   - id: the stream to end; nil for whichever there is.
    ///   - cancelling: whether the statement is cancelled, for which it has
    ///     ``PostgresConnection/Configuration/cancelTimeout``; otherwise the rest is read.
    ///   - patience: how long the rest may take to read, and whether that may be cancelled.
    /// - Throws: why the stream did not end; the connection is closed then.
    func endStream(
        _ id: UInt64? = nil, cancelling: Bool, _ patience: Patience
    ) async throws(PostgresError) {
        guard let handle, let stream = openStream, id == nil || stream.id == id else { return }
        stream.isEnded = true
        if cancelling { stream.isCancelled = true }
        if stream.isInUse {
            if cancelling { waiter.interrupt() }
            return  // whoever uses it goes on to the end; then it is the next one's turn
        }
        stream.isInUse = true
        stream.isDraining = true
        try await drain(stream, handle, patience)
    }

    /// Throws away the rest of a stream that is marked as being in use.
    private func drain(
        _ stream: OpenStream, _ handle: ConnectionHandle, _ patience: Patience
    ) async throws(PostgresError) {
        var patience = patience
        do throws(PostgresError) {
            // A COPY that waits for us ends when we say so.
            if stream.isCancelled, !stream.content.isCopyIn {
                patience = Patience(deadline: nil, heedsCancellation: false, grace: configuration.cancelTimeout)
                _ = patience.giveUp(.cancellation, now: .now)
                try requestCancel(handle)
            }
            switch stream.content {
            case .rows:
                try await readToEnd(stream, handle, patience) { handle, patience throws(PostgresError) in
                    try await self.readRows(handle, &patience)
                }
            case .copyOut:
                try await readToEnd(stream, handle, patience) { handle, patience throws(PostgresError) in
                    try await self.readCopyData(handle, &patience)
                }
            case .copyIn:
                // The server has nothing to do but to undo; its caller's deadline and task do not count any more.
                let end = MonotonicInstant.now + configuration.cancelTimeout
                let patience = Patience(uncancellableUntil: min(end, patience.deadline ?? end))
                _ = try await use(stream, handle, patience) { handle, patience throws(PostgresError) in
                    try await self.endCopyIn(handle, failure: "given up by the client", &patience)
                }
            }
        } catch {
            stream.isInUse = false
            close()
            throw error
        }
    }

    private func readToEnd<Element>(
        _ stream: OpenStream, _ handle: ConnectionHandle, _ patience: Patience,
        _ read: (ConnectionHandle, inout Patience) async throws(PostgresError) -> Batch<Element>
    ) async throws(PostgresError) {
        var isLast = false
        while !isLast { isLast = try await use(stream, handle, patience, read).isLast }
    }

    /// The connection is closed: a stream that nobody is using gives its turn back.
    func dropStream() {
        guard let openStream else { return }
        self.openStream = nil
        if !openStream.isInUse { leave() }
    }
}

extension PostgresConnection.Batch: Sendable where Element: Sendable {}
