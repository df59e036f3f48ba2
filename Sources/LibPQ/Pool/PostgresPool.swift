public import Logging
public import ServiceLifecycle
internal import Synchronization

/// A bounded set of connections, leased for the length of a closure.
///
/// Callers are served in the order in which they came, each within its deadline. A connection is leased again only when it
/// is clean: no open or failed transaction, no changed session state; otherwise it is reset or closed. Connections are
/// opened when they are needed, and closed when they are idle for long or old.
///
/// When the server says that it is going away (`57P01` to `57P03`) or refuses a write because it is read-only (`25006`), all
/// connections that exist are suspect: none is leased again. A refused write means nothing in a transaction that was opened READ
/// ONLY, and in a pool none of whose connections could ever write; and connections are replaced because of one at most every 10 s.
///
/// While no connection can be made, attempts follow one another with pauses that grow to 1 s; each caller waits for one attempt
/// that began after it came, and is told why that failed. See <doc:Pooling>.
public final class PostgresPool: PostgresQueryable, Service {
    typealias State = PoolState<PostgresConnection>
    typealias Member = State.Member
    private typealias Answer = Result<Member, PostgresError>
    private typealias Waiter = UnsafeContinuation<Answer, Never>

    private struct Shared {
        var pool: State
        var waiters: [State.WaiterID: Waiter] = [:]
        /// Answers that came before their waiter had stored its continuation.
        var early: [State.WaiterID: Answer] = [:]
        var upkeep: Task<Void, Never>?
        /// Attempts to connect that are under way, or wait for their time.
        var attempts: [UInt64: Task<Void, Never>] = [:]
        var lastAttempt: UInt64 = 0
        /// Why the last attempt failed; nil once one has not.
        var connectError: PostgresError?
        /// Wait until the closed pool has no connection left.
        var drained: [UnsafeContinuation<Void, Never>] = []

        /// Records an answer; returns the continuation to resume with it, if it is there.
        mutating func answer(_ id: State.WaiterID, _ answer: Answer) -> Waiter? {
            if let waiter = waiters.removeValue(forKey: id) { return waiter }
            early[id] = answer
            return nil
        }

        /// Whom to tell that none is left.
        mutating func takeDrained() -> [UnsafeContinuation<Void, Never>] {
            guard pool.isClosed, pool.openConnections == 0 else { return [] }
            defer { drained.removeAll() }
            return drained
        }
    }

    private let configuration: Configuration
    private let logger: Logger
    private let shared: Guarded<Shared>
    private let time: PoolTime
    private let metrics: PoolMetrics?
    private let traces: Bool

    /// Makes a pool; opens no connection yet.
    ///
    /// The configuration must make sense: a maximum of at least 1, a minimum that is not larger, no time-out of zero or less.
    public convenience init(configuration: Configuration, logger: Logger = Logger(label: "libpq")) {
        self.init(configuration: configuration, logger: logger, time: .continuous)
    }

    init(configuration: Configuration, logger: Logger = Logger(label: "libpq"), time: PoolTime) {
        let problem = configuration.problem
        precondition(problem == nil, problem ?? "")
        self.configuration = configuration
        self.logger = logger
        self.time = time
        metrics = PoolMetrics(configuration)
        traces = OperationTelemetry.hasTracer
        shared = Guarded(
            Shared(
                pool: State(
                    limits: .init(
                        minimum: configuration.minimumConnections, maximum: configuration.maximumConnections,
                        idleTimeout: configuration.idleTimeout,
                        validationInterval: configuration.validationInterval))))
    }

    deinit {
        let (upkeep, attempts) = shared.withLock { ($0.upkeep, $0.attempts.values) }
        upkeep?.cancel()
        for attempt in attempts { attempt.cancel() }
    }

    /// The largest number of connections.
    public var maximumConnections: Int { configuration.maximumConnections }

    /// How connections are made.
    public var connectionConfiguration: PostgresConnection.Configuration { configuration.connection }

    // MARK: Use

    /// Leases a connection for the length of `body`, which runs on the connection's thread. Do not keep the connection.
    ///
    /// - Throws: `body`'s error unwrapped; `poolExhausted`, `poolClosed`, `cancelled`, or why no connection could be opened.
    public func withConnection<T>(
        isolation: isolated (any Actor)? = #isolation, _ body: (PostgresConnection) async throws -> T
    ) async throws -> T {
        let lease = try await acquire(until: nil)
        return try await host(on: lease, isolation: isolation, body)
    }

    /// Runs `body` in a transaction on a leased connection; see ``PostgresConnection/withTransaction(_:isolation:_:)``.
    public func withTransaction<T>(
        _ options: TransactionOptions = TransactionOptions(), isolation: isolated (any Actor)? = #isolation,
        _ body: (PostgresTransaction) async throws -> T
    ) async throws -> T {
        try await withConnection { connection in
            guard traces, let telemetry = await connection.telemetry else {
                return try await connection.transact(options, body)
            }
            return try await telemetry.transaction {
                try await connection.transact(options, body)
            }
        }
    }

    /// Runs statements on a leased connection; see ``PostgresQueryable/run(_:deadline:file:line:)``. The deadline counts for the
    /// wait for a connection, too.
    public func run(
        _ queries: [PostgresQuery], deadline: ContinuousClock.Instant?, file: String, line: Int
    ) async throws(PostgresError) -> [PostgresRows] {
        let lease = try await acquire(until: deadline)
        return try await host(on: lease, isolation: nil) { connection throws(PostgresError) in
            try await connection.run(queries, deadline: deadline, file: file, line: line)
        }
    }

    /// Runs `body` on the lease's connection, and takes that back.
    private func host<T, Failure: Error>(
        on lease: Lease, isolation: isolated (any Actor)?, _ body: (PostgresConnection) async throws(Failure) -> T
    ) async throws(Failure) -> T {
        try await lease.connection.host(isolation: isolation) { connection throws(Failure) in
            do throws(Failure) {
                let value = try await body(connection)
                await release(lease)
                return value
            } catch {
                await release(lease)
                throw error
            }
        }
    }

    // MARK: Life

    /// Keeps the minimum of connections open until graceful shutdown; then refuses new callers, closes idle connections, and
    /// returns when all leased ones have come back, however long that takes: only their own deadlines bound it. Cancelling the
    /// task does the same.
    ///
    /// A service group shuts its services down from the last to the first, each when the one after it has returned: put the pool
    /// before the services that use it, and it outlives them. Using the pool does not depend on this running.
    public func run() async throws {
        keepUp()
        try? await gracefulShutdown()  // cancelled: the same, at once
        await close()
        await withUnsafeContinuation { continuation in
            let drained = shared.withLock { shared in
                shared.drained.append(continuation)
                return shared.takeDrained()
            }
            for continuation in drained { continuation.resume() }
        }
    }

    /// Refuses new callers, fails those who wait and closes idle connections; leased ones are closed when they come back.
    public func close() async {
        let (waiters, connections, tasks) = shared.withLock { shared in
            let (ids, connections) = shared.pool.close()
            let tasks = Array(shared.attempts.values) + (shared.upkeep.map { [$0] } ?? [])
            return (ids.compactMap { shared.answer($0, .failure(Self.closedError)) }, connections, tasks)
        }
        for task in tasks { task.cancel() }
        for waiter in waiters { waiter.resume(returning: .failure(Self.closedError)) }
        for connection in connections { await connection.close() }
        recordCounts()
    }

    /// Connections open or being opened.
    public var openConnections: Int { shared.withLock { $0.pool.openConnections } }

    /// Connections that wait to be leased.
    public var idleConnections: Int { shared.withLock { $0.pool.idle.count } }

    /// Callers that wait for a connection.
    public var waitingCallers: Int { shared.withLock { $0.pool.waiters.count } }

    private static var closedError: PostgresError { PostgresError(.poolClosed, "the pool is closed") }

    // MARK: Acquire

    /// A member on loan.
    private struct Lease {
        let member: Member
        /// For metrics; nil when nobody wants them.
        let since: ContinuousClock.Instant?

        var connection: PostgresConnection { member.connection }
    }

    private func acquire(until deadline: ContinuousClock.Instant?) async throws(PostgresError) -> Lease {
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
                    let id = shared.withLock { $0.pool.awaitValidation() }
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
            let answers = await member.connection.answers(by: .now + Self.validationTimeout)
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

    private func exhausted() -> PostgresError {
        PostgresError(
            .poolExhausted, "no connection became free within \(configuration.acquireTimeout)",
            underlying: shared.withLock { $0.connectError })
    }

    private func wait(as id: State.WaiterID, for patience: Duration) async -> Answer {
        recordCounts()
        let timer = Task { [weak self] in
            try await Task.sleep(for: patience, clock: .continuous)
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

    // MARK: Open, place, release

    private static func openings(_ pool: inout State, _ now: ContinuousClock.Instant) -> [State.Opening] {
        var openings: [State.Opening] = []
        while let opening = pool.nextOpening(now: now) { openings.append(opening) }
        return openings
    }

    private func open(_ openings: [State.Opening]) {
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
    private func place(
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
    private func discard() {
        let openings = shared.withLock { shared in
            shared.pool.discardedLeased()
            return Self.openings(&shared.pool, time.now())
        }
        open(openings)
        tellDrained()
    }

    /// Takes a connection back. One that is not clean is reset first, for which the caller does not wait.
    private func release(_ lease: Lease) async {
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

    private func tellDrained() {
        let drained = shared.withLock { $0.takeDrained() }
        for continuation in drained { continuation.resume() }
    }

    // MARK: Upkeep

    /// An idle connection ended by itself: another may be needed for the minimum.
    private func ended(_ connection: PostgresConnection) {
        let openings = shared.withLock { shared in
            shared.pool.ended(connection)
            return Self.openings(&shared.pool, time.now())
        }
        open(openings)
    }

    private func suspect(_ suspicion: Suspicion, reportedBy member: Member) {
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
    private func keepUp() {
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

    private func recordCounts() {
        guard let metrics else { return }
        let (idle, leased, waiting) = shared.withLock { ($0.pool.idle.count, $0.pool.leased, $0.pool.waiters.count) }
        metrics.record(idle: idle, used: leased, waiting: waiting)
    }
}
