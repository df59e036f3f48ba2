public import Logging
public import ServiceLifecycle
internal import Synchronization

/// A bounded set of connections, leased for the length of a closure.
///
/// Callers are served in the order in which they came, each within its deadline. A connection is leased again only when it
/// is clean: no open or failed transaction, no changed session state; otherwise it is reset or closed. Connections are
/// opened when they are needed.
public final class PostgresPool: PostgresQueryable, Service {
    private typealias WaiterID = PoolState<PostgresConnection>.WaiterID
    private typealias Answer = Result<PostgresConnection, PostgresError>
    private typealias Waiter = UnsafeContinuation<Answer, Never>

    private struct State {
        var pool: PoolState<PostgresConnection>
        var waiters: [WaiterID: Waiter] = [:]
        /// Answers that came before their waiter had stored its continuation.
        var early: [WaiterID: Answer] = [:]

        /// Records an answer; returns the continuation to resume with it, if it is there.
        mutating func answer(_ id: WaiterID, _ answer: Answer) -> Waiter? {
            if let waiter = waiters.removeValue(forKey: id) { return waiter }
            early[id] = answer
            return nil
        }
    }

    private let configuration: Configuration
    private let logger: Logger
    private let state: Mutex<State>

    /// Makes a pool; opens no connection yet.
    public init(configuration: Configuration, logger: Logger = Logger(label: "libpq")) {
        precondition(configuration.maximumConnections > 0, "maximumConnections must be at least 1")
        self.configuration = configuration
        self.logger = logger
        state = Mutex(State(pool: PoolState(maximum: configuration.maximumConnections)))
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
        let connection = try await acquire()
        return try await withTaskExecutorPreference(connection.thread) {
            do {
                let value = try await body(connection)
                await release(connection)
                return value
            } catch {
                await release(connection)
                throw error
            }
        }
    }

    /// Runs `body` in a transaction on a leased connection; see ``PostgresConnection/withTransaction(_:isolation:_:)``.
    public func withTransaction<T>(
        _ options: TransactionOptions = TransactionOptions(), isolation: isolated (any Actor)? = #isolation,
        _ body: (PostgresTransaction) async throws -> T
    ) async throws -> T {
        try await withConnection { connection in
            try await connection.transact(options, isolation: isolation, body)
        }
    }

    /// Runs statements on a leased connection; see ``PostgresQueryable/run(_:deadline:file:line:)``.
    public func run(
        _ queries: [PostgresQuery], deadline: ContinuousClock.Instant?, file: String, line: Int
    ) async throws(PostgresError) -> [PostgresRows] {
        let connection = try await acquire()
        do throws(PostgresError) {
            let rows = try await connection.run(queries, deadline: deadline, file: file, line: line)
            await release(connection)
            return rows
        } catch {
            await release(connection)
            throw error
        }
    }

    // MARK: Life

    /// Runs until graceful shutdown, then closes the pool. Put it after the services that use it stop, that is before them
    /// in the group's list.
    public func run() async throws {
        try await gracefulShutdown()
        await close()
    }

    /// Refuses new callers, fails those who wait and closes idle connections; leased ones are closed when they come back.
    public func close() async {
        let (waiters, connections) = state.withLock { state in
            let (ids, connections) = state.pool.close()
            return (ids.compactMap { state.answer($0, .failure(Self.closedError)) }, connections)
        }
        for waiter in waiters { waiter.resume(returning: .failure(Self.closedError)) }
        for connection in connections { await connection.close() }
    }

    /// Connections open or being opened.
    public var openConnections: Int { state.withLock { $0.pool.openConnections } }

    /// Connections that wait to be leased.
    public var idleConnections: Int { state.withLock { $0.pool.idle.count } }

    /// Callers that wait for a connection.
    public var waitingCallers: Int { state.withLock { $0.pool.waiters.count } }

    private static var closedError: PostgresError { PostgresError(.poolClosed, "the pool is closed") }

    // MARK: Acquire

    private func acquire() async throws(PostgresError) -> PostgresConnection {
        while true {
            switch state.withLock({ $0.pool.acquire() }) {
            case .lease(let connection):
                if !connection.hasEnded.load(ordering: .sequentiallyConsistent) { return connection }
                discard()
            case .refused:
                throw Self.closedError
            case .wait(let id, let open):
                if open { openConnection() }
                return try await wait(as: id).get()
            }
        }
    }

    private func wait(as id: WaiterID) async -> Answer {
        let limit = configuration.acquireTimeout
        let timer = Task { [weak self] in
            try await Task.sleep(for: limit, clock: .continuous)
            self?.leave(id, PostgresError(.poolExhausted, "no connection became free within \(limit)"))
        }
        defer { timer.cancel() }
        return await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                let early = state.withLock { state in
                    let early = state.early.removeValue(forKey: id)
                    if early == nil { state.waiters[id] = continuation }
                    return early
                }
                if let early { continuation.resume(returning: early) }
            }
        } onCancel: {
            leave(id, PostgresError(.cancelled, "cancelled while waiting for a connection"))
        }
    }

    private func leave(_ id: WaiterID, _ error: PostgresError) {
        let waiter = state.withLock { state in
            state.pool.leave(id) ? state.answer(id, .failure(error)) : nil
        }
        waiter?.resume(returning: .failure(error))
    }

    // MARK: Open, place, release

    private func openConnection() {
        Task {
            do throws(PostgresError) {
                let connection = try await PostgresConnection.connect(configuration.connection, logger: logger)
                await connection.whenClosed { [weak self, weak connection] in
                    guard let connection else { return }
                    self?.state.withLock { $0.pool.ended(connection) }
                }
                if !place(connection, { $0.opened(connection) }) {
                    throw PostgresError(.connectionLost, "the server ended the connection as soon as it was made")
                }
            } catch {
                logger.warning("cannot connect to PostgreSQL", metadata: ["error": "\(error)"])
                let waiters = state.withLock { state in
                    state.pool.openFailed().compactMap { state.answer($0, .failure(error)) }
                }
                for waiter in waiters { waiter.resume(returning: .failure(error)) }
            }
        }
    }

    /// Gives a connection to whom the state says. Returns false, and changes nothing, when the connection has ended: it says
    /// so before it reports to ``PoolState/ended(_:)``, so that under the lock one of the two always notices.
    private func place(
        _ connection: PostgresConnection,
        _ event: @Sendable (inout PoolState<PostgresConnection>) -> PoolState<PostgresConnection>.Placed
    ) -> Bool {
        let (placed, waiter) = state.withLock { state in
            if connection.hasEnded.load(ordering: .sequentiallyConsistent) {
                return (nil as PoolState<PostgresConnection>.Placed?, nil as Waiter?)
            }
            let placed = event(&state.pool)
            guard case .hand(let connection, let id) = placed else { return (placed, nil) }
            return (placed, state.answer(id, .success(connection)))
        }
        switch placed {
        case nil: return false
        case .hand(let connection, _)?: waiter?.resume(returning: .success(connection))
        case .park?: break
        case .close(let connection)?: Task { await connection.close() }
        }
        return true
    }

    /// A leased connection has ended; opens another when somebody waits.
    private func discard() {
        if state.withLock({ $0.pool.discardedLeased() }) { openConnection() }
    }

    /// Takes a connection back. One that is not clean is reset first, for which the caller does not wait.
    private func release(_ connection: PostgresConnection) async {
        if await connection.isClean {
            if !place(connection, { $0.released(connection) }) { discard() }
        } else {
            Task(executorPreference: connection.thread) { [self] in
                await connection.reset()
                if !place(connection, { $0.released(connection) }) { discard() }
            }
        }
    }
}
