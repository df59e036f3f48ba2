internal import Logging
internal import Synchronization

/// How connections are made, handed out and taken back.
extension PostgresPool {
    static func openings(_ pool: inout State, _ now: ContinuousClock.Instant) -> [State.Opening] {
        var openings: [State.Opening] = []
        while let opening = pool.nextOpening(now: now) { openings.append(opening) }
        return openings
    }

    func open(_ openings: [State.Opening]) {
        for opening in openings {
            shared.withLock { shared in
                shared.lastAttempt += 1
                let id = shared.lastAttempt
                // Nobody awaits this task, and while it sleeps and connects it does not keep the pool alive. When the pool is
                // closed or given up, it is cancelled.
                shared.attempts[id] = Task { [weak self, time, logger, configuration = configuration.connection] in
                    if opening.delay > .zero { try? await time.sleep(opening.delay) }
                    guard let concerned = self?.shared.withLock({ $0.pool.openingBegins() }) else { return }
                    let start = ContinuousClock.now
                    let result: Result<PostgresConnection, PostgresError>
                    do throws(PostgresError) {
                        if Task.isCancelled { throw Self.closedError }
                        result = .success(try await PostgresConnection.connect(configuration, logger: logger))
                    } catch {
                        result = .failure(error)
                    }
                    await self?.finish(opening, result, in: .now - start, concerned)
                    self?.shared.withLock { _ = $0.attempts.removeValue(forKey: id) }
                }
            }
        }
    }

    /// Takes the outcome of an attempt to connect. Its failure concerns callers up to `concerned`.
    private func finish(
        _ opening: State.Opening, _ result: Result<PostgresConnection, PostgresError>, in duration: Duration,
        _ concerned: State.WaiterID
    ) async {
        do throws(PostgresError) {
            let connection = try result.get()
            metrics?.created(in: duration)
            let lifetime = configuration.maximumLifetime * Double.random(in: 0.8...1)
            let endOfLife = time.now() + lifetime
            let startedReadOnly = await connection.startedReadOnly
            let member = { @Sendable connection in
                Member(
                    connection: connection, endOfLife: endOfLife, generation: opening.generation,
                    startedReadOnly: startedReadOnly)
            }
            // Holds the connection weakly, because the connection holds this.
            await connection.whenClosed { [weak self, weak connection] suspicion in
                guard let self, let connection else { return }
                if let suspicion { suspect(suspicion, reportedBy: member(connection)) }
                ended(connection)
            }
            if !place(member(connection), { $0.opened($1, now: $2) }) {
                throw PostgresError(.connectionLost, "the server ended the connection as soon as it was made")
            }
            shared.withLock { $0.connectError = nil }
            keepUp()
        } catch {
            let (waiters, openings, isClosed) = shared.withLock { shared in
                shared.connectError = error
                let now = time.now()
                let failed = shared.pool.openFailed(upTo: concerned, now: now)
                return (
                    failed.compactMap { shared.answer($0, .failure(error)) }, Self.openings(&shared.pool, now),
                    shared.pool.isClosed
                )
            }
            if !isClosed { logger.warning("cannot connect to PostgreSQL", metadata: ["error": "\(error)"]) }
            for waiter in waiters { waiter.resume(returning: .failure(error)) }
            open(openings)
            tellDrained()
        }
    }

    /// Gives a connection to whom the state says. Returns false, and changes nothing, when the connection has ended: it says
    /// so before it reports to ``PoolState/ended(_:)``, so that under the lock one of the two always notices.
    func place(
        _ member: Member, _ event: @Sendable (inout State, Member, ContinuousClock.Instant) -> State.Placed
    ) -> Bool {
        let now = time.now()
        let placing = shared.withLock { shared -> (State.Placed, Waiter?, [State.Opening])? in
            if member.connection.hasEnded.load(ordering: .sequentiallyConsistent) { return nil }
            let placed = event(&shared.pool, member, now)
            let openings = Self.openings(&shared.pool, now)
            guard case .hand(let member, let id) = placed else { return (placed, nil, openings) }
            return (placed, shared.answer(id, .success(member)), openings)
        }
        guard let (placed, waiter, openings) = placing else { return false }
        switch placed {
        case .hand(let member, _): waiter?.resume(returning: .success(member))
        case .park: break
        case .close(let connection): Task { await connection.close() }
        }
        open(openings)
        tellDrained()
        return true
    }

    /// A leased connection has ended; opens another when somebody waits.
    func discard() {
        let openings = shared.withLock { shared in
            shared.pool.discardedLeased()
            return Self.openings(&shared.pool, time.now())
        }
        open(openings)
        tellDrained()
    }

    /// Takes a connection back. One that is not clean is reset first, for which the caller does not wait.
    func release(_ lease: Lease) async {
        let (isClean, suspicion) = await lease.connection.endLease()
        if let suspicion { suspect(suspicion, reportedBy: lease.member) }
        if isClean {
            putBack(lease)
        } else {
            Task(executorPreference: lease.connection.thread.bodies) { [self] in
                await lease.connection.reset()
                putBack(lease)
            }
        }
    }

    private func putBack(_ lease: Lease) {
        if let since = lease.since { metrics?.used(time.now() - since) }
        if !place(lease.member, { $0.released($1, now: $2) }) { discard() }
        recordCounts()
    }

    func tellDrained() {
        let drained = shared.withLock { $0.takeDrained() }
        for continuation in drained { continuation.resume() }
    }
}
