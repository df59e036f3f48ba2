internal import Logging
internal import Synchronization

/// What happens to connections that nobody uses.
extension PostgresPool {
    /// An idle connection ended by itself: another may be needed for the minimum.
    func ended(_ connection: PostgresConnection) {
        let openings = shared.withLock { shared in
            shared.pool.ended(connection)
            return Self.openings(&shared.pool, time.now())
        }
        open(openings)
    }

    func suspect(_ suspicion: Suspicion, reportedBy member: Member) {
        let now = time.now()
        let (connections, openings) = shared.withLock { shared in
            (shared.pool.suspect(suspicion, reportedBy: member, now: now), Self.openings(&shared.pool, now))
        }
        guard let connections else { return open(openings) }
        let why =
            switch suspicion {
            case .serverIsLeaving: "the server is going away"
            case .serverIsReadOnly: "the server has become read-only"
            case .noAnswer: "a connection did not answer"
            }
        logger.info("all connections are replaced: \(why)", metadata: ["closed": "\(connections.count)"])
        for connection in connections { Task { await connection.close() } }
        open(openings)
    }

    /// Starts the task that closes what is old and opens up to the minimum, once.
    func keepUp() {
        if shared.withLock({ $0.upkeep != nil || $0.pool.isClosed }) { return }
        let upkeep = Task { [weak self, time] in
            // The pool is not kept alive while the task sleeps.
            while !Task.isCancelled, let pause = self?.upkeep() {
                do { try await time.sleep(pause) } catch { return }
            }
        }
        let surplus = shared.withLock { shared in
            if shared.upkeep != nil || shared.pool.isClosed { return true }
            shared.upkeep = upkeep
            return false
        }
        if surplus { upkeep.cancel() }  // somebody was faster
    }

    /// - Returns: how long until there may be something to do.
    private func upkeep() -> Duration {
        let now = time.now()
        let (connections, openings, next) = shared.withLock { shared in
            (shared.pool.upkeep(now: now), Self.openings(&shared.pool, now), shared.pool.nextUpkeep)
        }
        for connection in connections { Task { await connection.close() } }
        open(openings)
        recordCounts()
        // A connection that is parked meanwhile cannot be due earlier than its time-out.
        let patience = min(configuration.idleTimeout, configuration.maximumLifetime, .seconds(30))
        return max(.milliseconds(10), min(patience, next.map { $0 - now } ?? patience))
    }
}
