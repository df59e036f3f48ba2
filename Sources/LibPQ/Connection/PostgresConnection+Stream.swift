internal import CLibPQ

extension PostgresConnection {
    /// Some rows of a stream.
    struct StreamedRows {
        var rows: [PostgresRow] = []
        /// No row follows: the connection is free again.
        var isLast = false
        /// Why no row follows, unless all have been read.
        var failure: PostgresError?
    }

    /// As many rows as are handed over at a time when they come faster than they are read: few enough to be held in memory,
    /// enough for a change of threads to be paid for.
    private static let rowsAtATime = 256

    // MARK: Open

    /// Sends the statement; its rows are left in the socket until they are asked for.
    func openStream(
        _ query: PostgresQuery, in id: UInt64?, for lease: StreamLease, deadline: ContinuousClock.Instant?
    ) async throws(PostgresError) -> UInt64 {
        try check([query])
        var patience = patience(in: id, deadline)
        try refuseOpenStream()
        try await enter(patience)
        do throws(PostgresError) {
            try checkOpen(id)
            try await startStream(query, in: id, for: lease, &patience)
            return lastStreamID
        } catch {
            leave()
            throw error
        }
    }

    private func startStream(
        _ query: PostgresQuery, in id: UInt64?, for lease: StreamLease, _ patience: inout Patience
    ) async throws(PostgresError) {
        guard let handle else { throw PostgresError(.connectionClosed, "the connection is closed") }
        do throws(PostgresError) {
            // Read once, it is not worth a place among the prepared ones.
            var expected = try queue(pendingBegin() + [Step(query: query, mayBePrepared: false)], on: handle)
            let item = expected.removeLast()
            let flush = try await heedingCancellation(&patience) { patience throws(PostgresError) in
                try await self.send(handle, &patience)
                var flush = FlushResult()
                for item in expected { try await self.collect(item, from: handle, &flush, &patience) }
                return flush
            }
            // Of a statement that was skipped there is nothing to read row by row.
            guard handle.enterSingleRowMode() || flush.failure != nil else {
                throw broken(handle, "the rows cannot be read one by one")
            }
            lastStreamID += 1
            openStream = OpenStream(id: lastStreamID, transactionID: id, item: item, lease: lease, flush: flush)
            lease.opened(lastStreamID)
        } catch {
            close()
            throw error
        }
    }

    /// A statement behind a stream would wait for rows that nobody reads while its caller waits for the statement.
    func refuseOpenStream() throws(PostgresError) {
        guard let openStream, !openStream.isEnded, !openStream.lease.isAbandoned else { return }
        throw PostgresError(
            .connectionBusy,
            "a stream is being read from this connection; read it to its end first, or use another connection")
    }

    // MARK: Read

    /// The next rows: those that have arrived, or else the first to arrive.
    func nextRows(of id: UInt64, deadline: ContinuousClock.Instant?) async throws(PostgresError) -> StreamedRows {
        guard let handle else { throw PostgresError(.connectionClosed, "the connection is closed") }
        guard let stream = openStream, stream.id == id, !stream.isEnded else {
            throw PostgresError(.transactionEnded, "the stream's transaction or lease has ended")
        }
        precondition(!stream.isReading, "two readers of one stream")
        return try await read(handle, patience(in: stream.transactionID, deadline))
    }

    /// Reads until some rows are there, or to the end when they are not wanted any more.
    private func read(
        _ handle: ConnectionHandle, _ patience: Patience
    ) async throws(PostgresError) -> StreamedRows {
        openStream?.isReading = true
        do throws(PostgresError) {
            var patience = patience
            let read = try await heedingCancellation(&patience) { patience throws(PostgresError) in
                try await self.readBatch(handle, &patience)
            }
            openStream?.isReading = false
            if read.isLast {
                if let id = openStream?.transactionID, let failure = read.failure { markFailed(id, failure) }
                openStream = nil
                leave()
            }
            return read
        } catch {
            openStream?.isReading = false
            close()
            throw error
        }
    }

    private func readBatch(
        _ handle: ConnectionHandle, _ patience: inout Patience
    ) async throws(PostgresError) -> StreamedRows {
        guard let item = openStream?.item, var flush = openStream?.flush else { return StreamedRows(isLast: true) }
        var rows: [PostgresRow] = []
        while true {
            if handle.isBusy, !rows.isEmpty { return StreamedRows(rows: rows) }
            guard let result = try await nextResult(handle, &patience) else { break }
            switch result.status {
            case PGRES_SINGLE_TUPLE:
                if patience.reason != nil || openStream?.isEnded != false { continue }
                rows.append(PostgresRow(result: result, index: 0))
                if rows.count == Self.rowsAtATime { return StreamedRows(rows: rows) }
            case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
                continue  // follows the last row
            default:
                try record(result, of: item, in: &flush, handle)
            }
        }
        try await collectSync(from: handle, &patience)
        logNotices()
        await settleCancellation(&flush.failure, &patience)
        return StreamedRows(rows: rows, isLast: true, failure: flush.failure)
    }

    // MARK: End

    /// The reader is gone. Outside of a transaction the statement is cancelled; inside, that would abort the transaction, so
    /// that the rest is read and thrown away.
    func abandonStream(_ id: UInt64) async {
        guard let openStream, openStream.id == id else { return }
        await endStream(cancelling: openStream.transactionID == nil)
    }

    /// Reads a stream to its end, because somebody needs the connection. Does nothing when there is none.
    func endStream(cancelling: Bool) async {
        guard let handle, let stream = openStream else { return }
        openStream?.isEnded = true
        if stream.isReading || stream.isEnded {
            if cancelling { thread.interrupt() }
            return  // whoever reads goes on to the end; then it is the next one's turn
        }
        var patience = Patience(deadline: nil, heedsCancellation: false, grace: configuration.cancelTimeout)
        do throws(PostgresError) {
            if cancelling {
                _ = patience.giveUp(.cancellation, now: .now)
                try requestCancel(handle)
            }
            while try await !read(handle, patience).isLast {}
        } catch {
            close()
        }
    }

    /// The connection is closed: a stream that nobody is reading from gives its turn back.
    func dropStream() {
        guard let openStream else { return }
        self.openStream = nil
        if !openStream.isReading { leave() }
    }
}
