internal import DequeModule

/// What the pool decides, apart from doing it: events in, actions out. Time comes with the events. Generic, so that its table of
/// tests needs no server.
///
/// After every event call ``nextOpening(now:)`` until it returns nil, and make the connections that it asks for.
struct PoolState<Connection: AnyObject> {
    typealias Instant = ContinuousClock.Instant
    /// Identifies one caller in the queue. Later callers have larger ones.
    typealias WaiterID = UInt64

    struct Limits: Sendable {
        var minimum = 0
        var maximum = 16
        var idleTimeout: Duration = .seconds(600)
        var validationInterval: Duration = .seconds(30)
    }

    /// A connection of this pool.
    struct Member {
        let connection: Connection
        /// When it is not leased again.
        let endOfLife: Instant
        /// Connections of an earlier generation are suspect.
        let generation: UInt64
        /// The session was read-only when the connection was made: the server is a standby, or a setting says so.
        var startedReadOnly = false
    }

    enum Acquired {
        /// A connection that needs validation is not the caller's yet: see ``awaitValidation()``.
        case lease(Member, needsValidation: Bool)
        case wait(WaiterID)
        case refused
    }

    enum Placed {
        case hand(Member, to: WaiterID)
        case park
        case close(Connection)
    }

    /// One attempt to open a connection.
    struct Opening: Equatable, Sendable {
        /// How long to wait before.
        let delay: Duration
        /// What the connection will belong to.
        let generation: UInt64
    }

    let limits: Limits
    private(set) var idle: [(member: Member, since: Instant)] = []
    private(set) var leased = 0
    private(set) var opening = 0
    /// How many of the leased ones are asked for a sign of life, each for a caller in the queue.
    private(set) var validating = 0
    private(set) var waiters: Deque<WaiterID> = []
    private(set) var isClosed = false
    private var lastWaiterID: WaiterID = 0
    private var generation: UInt64 = 0
    /// A connection of this pool could write when it was made.
    private var hasBeenWritable = false
    /// When all connections were last suspected because a write was refused.
    private var readOnlySince: Instant?

    /// Set while the last attempt to open a connection has failed.
    private var failing: (backoff: Backoff, retryAt: Instant, upTo: WaiterID)?

    init(limits: Limits) { self.limits = limits }

    var openConnections: Int { idle.count + leased + opening }

    // MARK: Callers

    /// Somebody wants a connection. The most recently used one is the warmest.
    mutating func acquire(now: Instant) -> Acquired {
        if isClosed { return .refused }
        // Those who wait have a connection each that is being validated.
        if waiters.count <= validating, let (member, since) = idle.popLast() {
            leased += 1
            return .lease(member, needsValidation: now - since >= limits.validationInterval)
        }
        return .wait(queue())
    }

    /// The leased connection needs validation: the caller waits for it, or for another that comes sooner. Report the outcome with
    /// ``validated(_:now:)`` or ``validationFailed()``.
    ///
    /// - Returns: nil when the pool was closed meanwhile: nobody would serve the caller. Discard the connection.
    mutating func awaitValidation() -> WaiterID? {
        if isClosed { return nil }
        validating += 1
        return queue()
    }

    /// The connection has given a sign of life.
    mutating func validated(_ member: Member, now: Instant) -> Placed {
        validating -= 1
        return released(member, now: now)
    }

    /// The connection has given none, and is closed.
    mutating func validationFailed() {
        validating -= 1
        discardedLeased()
    }

    private mutating func queue() -> WaiterID {
        lastWaiterID += 1
        waiters.append(lastWaiterID)
        return lastWaiterID
    }

    /// A waiter's deadline passed or its task was cancelled. False when it has been served already.
    mutating func leave(_ waiter: WaiterID) -> Bool {
        guard let index = waiters.firstIndex(of: waiter) else { return false }
        waiters.remove(at: index)
        return true
    }

    /// A clean connection came back.
    mutating func released(_ member: Member, now: Instant) -> Placed {
        leased -= 1
        return place(member, now: now)
    }

    /// A leased connection ended.
    mutating func discardedLeased() { leased -= 1 }

    /// An idle connection ended by itself. One that is not idle is reported when it comes back.
    mutating func ended(_ connection: Connection) { idle.removeAll { $0.member.connection === connection } }

    // MARK: Opening

    /// One connection more to open: for each waiter that no opening and no validation serves yet, and up to the minimum. While
    /// opening fails, one at a time and with pauses.
    mutating func nextOpening(now: Instant) -> Opening? {
        guard !isClosed, openConnections < limits.maximum else { return nil }
        guard opening + validating < waiters.count || openConnections < limits.minimum else { return nil }
        var delay = Duration.zero
        if let failing {
            if opening > 0 { return nil }
            delay = max(.zero, failing.retryAt - now)
        }
        opening += 1
        return Opening(delay: delay, generation: generation)
    }

    /// An attempt begins.
    ///
    /// - Returns: the last caller that its failure concerns: it says nothing about the time after.
    func openingBegins() -> WaiterID { lastWaiterID }

    mutating func opened(_ member: Member, now: Instant) -> Placed {
        opening -= 1
        failing = nil
        if !member.startedReadOnly { hasBeenWritable = true }
        return place(member, now: now)
    }

    /// No connection could be opened.
    ///
    /// - Returns: the waiters to fail: none while another connection can still serve them.
    mutating func openFailed(upTo waiter: WaiterID, now: Instant) -> [WaiterID] {
        opening -= 1
        var backoff = failing?.backoff ?? Backoff(first: .milliseconds(50), maximum: .seconds(1))
        let failed = max(failing?.upTo ?? 0, waiter)
        let retryAt = now + backoff.next()
        failing = (backoff: backoff, retryAt: retryAt, upTo: failed)
        if leased > 0 || opening > 0 { return [] }
        let concerned = waiters.prefix { $0 <= failed }
        waiters.removeFirst(concerned.count)
        return Array(concerned)
    }

    // MARK: Suspicion

    /// How often connections are replaced because a write was refused. Enough to follow a failover behind a name soon; seldom
    /// enough where it is not one, and replacing them does not help: a session that was made read-only by hand, or a standby that
    /// stays one.
    static var readOnlyInterval: Duration { .seconds(10) }

    /// One connection has learnt something that may concern all.
    ///
    /// Nothing follows when it is suspect itself: those that exist now were made after what it speaks of. Nor from a refused write
    /// if no connection of this pool could ever write: then the pool is one for reading.
    ///
    /// - Returns: the connections to close; nil when nothing follows.
    mutating func suspect(_ suspicion: Suspicion, reportedBy member: Member, now: Instant) -> [Connection]? {
        if member.generation != generation { return nil }
        switch suspicion {
        case .serverIsLeaving, .noAnswer: break
        case .serverIsReadOnly:
            if !hasBeenWritable { return nil }
            if let readOnlySince, now - readOnlySince < Self.readOnlyInterval { return nil }
            readOnlySince = now
        }
        return suspectAll()
    }

    /// The server may have been replaced or demoted: no connection that exists now is leased again.
    ///
    /// - Returns: the connections to close.
    mutating func suspectAll() -> [Connection] {
        generation += 1
        defer { idle.removeAll() }
        return idle.map(\.member.connection)
    }

    // MARK: Upkeep

    /// - Returns: the connections to close: at the end of their life, or idle for long and more than the minimum.
    mutating func upkeep(now: Instant) -> [Connection] {
        var spare = max(0, openConnections - limits.minimum)
        var closed: [Connection] = []
        let idleTimeout = limits.idleTimeout
        idle.removeAll { member, since in  // the longest idle come first
            let isIdle = spare > 0 && now - since >= idleTimeout
            guard isIdle || member.endOfLife <= now else { return false }
            spare -= 1
            closed.append(member.connection)
            return true
        }
        return closed
    }

    /// When ``upkeep(now:)`` will have something to do; nil when no connection is idle.
    var nextUpkeep: Instant? {
        idle.map { member, since in
            openConnections > limits.minimum ? min(member.endOfLife, since + limits.idleTimeout) : member.endOfLife
        }.min()
    }

    /// Returns the waiters to fail and the connections to close.
    mutating func close() -> (waiters: [WaiterID], connections: [Connection]) {
        isClosed = true
        defer {
            waiters.removeAll()
            idle.removeAll()
        }
        return (Array(waiters), idle.map(\.member.connection))
    }

    private mutating func place(_ member: Member, now: Instant) -> Placed {
        if isClosed || member.generation != generation || member.endOfLife <= now { return .close(member.connection) }
        if let waiter = waiters.popFirst() {
            leased += 1
            return .hand(member, to: waiter)
        }
        idle.append((member, now))
        return .park
    }
}

extension PoolState: Sendable where Connection: Sendable {}
extension PoolState.Member: Sendable where Connection: Sendable {}
extension PoolState.Placed: Sendable where Connection: Sendable {}
extension PoolState.Acquired: Sendable where Connection: Sendable {}
