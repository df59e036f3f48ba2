internal import Synchronization

/// Who waits for a connection, and for how long.
extension PostgresPool {
    /// A member on loan.
    struct Lease {
        let member: Member
        /// For metrics; nil when nobody wants them.
        let since: ContinuousClock.Instant?

        var connection: PostgresConnection { member.connection }
    }

    func acquire(until deadline: ContinuousClock.Instant?) async throws(PostgresError) -> Lease {
        let start = time.now()
        let timeout = start + configuration.acquireTimeout
        let end = min(timeout, deadline ?? timeout)
        do throws(PostgresError) {
            let member = try await acquireMember(start, until: end)
            recordCounts()
            guard let metrics else { return Lease(member: member, since: nil) }
            let now = time.now()
            metrics.waited(now - start)
            return Lease(member: member, since: now)
        } catch {
            recordCounts()
            guard error.code == .poolExhausted else { throw error }
            metrics?.timedOut()
            if end == timeout { throw error }
            throw PostgresError(
                .timedOut, "the deadline passed before a connection became free", underlying: error.underlying)
        }
    }

    private func acquireMember(
        _ start: ContinuousClock.Instant, until end: ContinuousClock.Instant
    ) async throws(PostgresError) -> Member {
        var now = start
        while now < end {
            let (acquired, openings) = shared.withLock { shared in
                let acquired = shared.pool.acquire(now: now)
                return (acquired, Self.openings(&shared.pool, now))
            }
            open(openings)
            switch acquired {
            case .lease(let member, let needsValidation):
                if member.connection.hasEnded.load(ordering: .sequentiallyConsistent) {
                    discard()
                } else if needsValidation {
                    guard let id = shared.withLock({ $0.pool.awaitValidation() }) else {
                        await member.connection.close()
                        discard()
                        throw Self.closedError
                    }
                    validate(member)
                    return try await wait(as: id, for: end - now).get()
                } else {
                    return member
                }
                now = time.now()
            case .refused:
                throw Self.closedError
            case .wait(let id):
                return try await wait(as: id, for: end - now).get()
            }
        }
        throw exhausted()
    }

    /// A round trip takes milliseconds.
    private static let validationTimeout: Duration = .seconds(2)

    /// Asks the connection for a sign of life, for whoever is first in the queue then. Not within the caller's deadline or
    /// cancellation: that the caller was in a hurry says nothing about the connection.
    private func validate(_ member: Member) {
        Task { [weak self] in
            let answers = await member.connection.answers(within: Self.validationTimeout)
            guard let self else { return }
            if answers, place(member, { $0.validated($1, now: $2) }) { return }
            if !answers { suspect(.noAnswer, reportedBy: member) }
            let openings = shared.withLock { shared in
                shared.pool.validationFailed()
                return Self.openings(&shared.pool, time.now())
            }
            open(openings)
            tellDrained()
        }
    }

    func exhausted() -> PostgresError {
        PostgresError(
            .poolExhausted, "no connection became free within \(configuration.acquireTimeout)",
            underlying: shared.withLock { $0.connectError })
    }

    /// The runtime takes no longer ones: 68 years.
    private static let longestSleep: Duration = .seconds(Int32.max)

    private func wait(as id: State.WaiterID, for patience: Duration) async -> Answer {
        recordCounts()
        let timer = Task { [weak self] in
            try await Task.sleep(for: min(patience, Self.longestSleep), clock: .continuous)
            if let self { leave(id, exhausted()) }
        }
        defer { timer.cancel() }
        return await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                let early = shared.withLock { shared in
                    let early = shared.early.removeValue(forKey: id)
                    if early == nil { shared.waiters[id] = continuation }
                    return early
                }
                if let early { continuation.resume(returning: early) }
            }
        } onCancel: {
            leave(id, PostgresError(.cancelled, "cancelled while waiting for a connection"))
        }
    }

    private func leave(_ id: State.WaiterID, _ error: PostgresError) {
        let waiter = shared.withLock { shared in
            shared.pool.leave(id) ? shared.answer(id, .failure(error)) : nil
        }
        waiter?.resume(returning: .failure(error))
    }
}
