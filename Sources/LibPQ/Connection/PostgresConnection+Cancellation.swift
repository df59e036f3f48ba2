internal import Logging

extension PostgresConnection {
    /// Waits until the socket is ready or the deadline has passed; unless the caller's task is cancelled, or whoever ends its stream
    /// interrupts it.
    @inline(__always)
    func waitInterruptibly(
        for socket: Int32, _ interest: Readiness, until deadline: MonotonicInstant?
    ) async -> Readiness {
        let waiter = waiter
        let readiness = await withTaskCancellationHandler {
            // The closure must be the actor's, by what it captures: otherwise it would run on another executor.
            await self.waiter.wait(for: socket, interest, until: deadline, isInterruptible: true)
        } onCancel: {
            waiter.interrupt()
        }
        // It may have come too late for this wait, and is not meant for the next.
        if Task.isCancelled { waiter.clearInterrupt() }
        return readiness
    }

    /// Waits for the socket. When the caller gives up, asks the server to cancel the statement, and returns with neither
    /// readable nor writable.
    @inline(__always)
    func waitForSocket(
        _ handle: ConnectionHandle, _ interest: Readiness, _ patience: inout Patience
    ) async throws(PostgresError) -> Readiness {
        // What has come so far: a statement may have more to say than there is memory.
        logNotices()
        let readiness =
            await patience.heedsCancellation
            ? waitInterruptibly(for: handle.socket, interest, until: patience.deadline)
            : waiter.wait(for: handle.socket, interest, until: patience.deadline)
        if readiness == .unwatchable { throw unwatchable(handle) }
        if readiness == .left {
            // The server does not look at the socket before the statement has ended, and keeps its locks for as long.
            if patience.giveUp(.cancellation, now: .now) == .cancelStatement { try? requestCancel(handle) }
            throw PostgresError(.connectionLost, "the connection was closed while a statement ran")
        }
        // Rows that keep coming must not put the deadline off. An answer that is waited for has come, however late.
        let isLate = openStream != nil && patience.deadline.map { $0 <= .now } ?? false
        guard readiness == .interrupted || readiness == .timedOut || isLate else { return readiness }
        switch patience.giveUp(readiness == .interrupted ? .cancellation : .deadline, now: .now) {
        case .cancelStatement: try requestCancel(handle)
        case .discard: throw discarded(patience)
        }
        return readiness
    }

    func requestCancel(_ handle: ConnectionHandle) throws(PostgresError) {
        // One at a time: one that is still under way has not found the server yet, and a second would not either.
        if cancelRequest?.state == .underWay { return }
        guard let cancelHandle = handle.makeCancelHandle() else {
            throw broken(handle, "the statement cannot be cancelled")
        }
        do throws(PostgresError) {
            cancelRequest = try CancelRequest(cancelHandle)
        } catch {
            // Out of threads or descriptors, which the connection need not die of: it is tried again after a pause.
            logger.warning("a statement could not be cancelled yet", metadata: ["error": "\(error)"])
        }
    }

    /// After the last result of a flush: a request that is still on its way could hit the next statement. So the connection is
    /// used again only when the request is known to have been dealt with.
    func settleCancellation(_ failure: inout PostgresError?, _ patience: inout Patience) async {
        guard let request = cancelRequest, let reason = patience.reason else { return }
        cancelRequest = nil
        if failure?.sqlState == .queryCanceled { failure = failure?.recoded(reason.code, reason.sentence) }
        if request.state != .underWay { return }
        patience.awaitEnd()
        _ = await waiter.wait(for: request.descriptor, .readable, until: patience.deadline)
        waiter.unwatch()
        if request.state == .underWay { close() }
    }

    /// The server did not end the statement in time.
    func discarded(_ patience: Patience) -> PostgresError {
        switch patience.reason {
        case nil: PostgresError(.timedOut, "the server did not answer in time; the connection is discarded")
        case let reason?:
            PostgresError(
                reason.code, "\(reason.sentence), and did not end in time; the connection is discarded")
        }
    }
}

extension Patience.Reason {
    var code: PostgresError.Code { self == .deadline ? .timedOut : .cancelled }

    var sentence: String {
        self == .deadline
            ? "the deadline passed, so the statement was cancelled"
            : "the calling task was cancelled, and the statement with it"
    }
}
