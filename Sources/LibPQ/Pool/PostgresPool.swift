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
    typealias Answer = Result<Member, PostgresError>
    typealias Waiter = UnsafeContinuation<Answer, Never>

    struct Shared {
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

    let configuration: Configuration
    let logger: Logger
    let shared: Guarded<Shared>
    let time: PoolTime
    let metrics: PoolMetrics?
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

    /// Leases a connection for the length of `body`, which runs on the connection's thread, or on the caller's actor if it belongs to
    /// one. Do not keep the connection.
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

    static var closedError: PostgresError { PostgresError(.poolClosed, "the pool is closed") }

    func recordCounts() {
        guard let metrics else { return }
        let (idle, leased, waiting) = shared.withLock { ($0.pool.idle.count, $0.pool.leased, $0.pool.waiters.count) }
        metrics.record(idle: idle, used: leased, waiting: waiting)
    }
}
