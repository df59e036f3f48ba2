internal import Logging

extension PostgresConnection {
    /// Runs the body so that the cancellation of the caller's task ends its wait for the socket.
    func heedingCancellation<T>(
        _ patience: inout Patience, _ body: (inout Patience) async throws(PostgresError) -> T
    ) async throws(PostgresError) -> T {
        guard patience.heedsCancellation else { return try await body(&patience) }
        return try await interruptibly { await self.result(of: body, &patience) }
    }

    private func result<T>(
        of body: (inout Patience) async throws(PostgresError) -> T, _ patience: inout Patience
    ) async -> Result<T, PostgresError> {
        do throws(PostgresError) { return .success(try await body(&patience)) } catch { return .failure(error) }
    }

    /// Runs the body so that the cancellation of the caller's task ends its waits for the socket that may be interrupted. The body
    /// must be the actor's, by what it captures: otherwise it would run on another executor.
    @inline(__always)
    func interruptibly<T>(_ body: () async -> Result<T, PostgresError>) async throws(PostgresError) -> T {
        let waiter = waiter
        let result = await withTaskCancellationHandler(operation: body) { waiter.interrupt() }
        if Task.isCancelled { waiter.clearInterrupt() }
        return try result.get()
    }

    /// Waits for the socket. When the caller gives up, asks the server to cancel the statement, and returns with neither
    /// readable nor writable.
    @inline(__always)
    func waitForSocket(
        _ handle: ConnectionHandle, _ interest: SocketWaiter.Readiness, _ patience: inout Patience
    ) async throws(PostgresError) -> SocketWaiter.Readiness {
        let readiness = await waiter.wait(
            for: handle.socket, interest, until: patience.deadline, isInterruptible: patience.heedsCancellation)
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
