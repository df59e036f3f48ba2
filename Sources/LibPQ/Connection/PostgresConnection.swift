internal import CLibPQ
internal import DequeModule
public import Logging
internal import Synchronization

/// One connection to a PostgreSQL server.
///
/// An actor on a thread that it shares with other connections, which alone touches libpq's connection and waits for its socket
/// (docs/adr/0002). libpq is non-blocking and always in pipeline mode: statements queue, a flush sends them, results are matched
/// in order.
///
/// Calls from several tasks are served one after another. Use a ``PostgresPool`` unless you need exactly one session.
public actor PostgresConnection: PostgresQueryable {
    nonisolated let thread: ConnectionThread
    nonisolated let waiter: SocketWaiter
    nonisolated let configuration: Configuration
    nonisolated let logger: Logger

    /// The connection's thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// libpq's connection; nil once closed.
    var handle: ConnectionHandle?
    var statements: StatementCache
    /// The transaction that is open, or whose BEGIN waits for the first flush.
    var transaction: OpenTransaction?
    var lastTransactionID: UInt64 = 0
    /// So that the text of a repeated statement is searched once.
    var knownKinds: [StatementText: StatementKind] = [:]
    /// A statement changed session state, so that the connection is reset before it is leased to somebody else.
    var sessionChanged = false
    /// What this connection has done so far.
    public internal(set) var statistics = Statistics()

    /// Set once, before ``whenClosed(_:)`` is told; readable without a hop, so that the pool parks no dead connection.
    nonisolated let hasEnded = Atomic<Bool>(false)

    /// Asks the server to cancel the statement that runs; nil as long as nobody wants that.
    var cancelRequest: CancelRequest?
    /// The rows that somebody reads one after another; whoever does has the connection's turn.
    var openStream: OpenStream?
    var lastStreamID: UInt64 = 0
    /// The lease is over: no stream may begin.
    var isResetting = false
    /// Data of a COPY that libpq has queued since the last time that all was sent.
    var unsentCopyBytes = 0

    /// The last warning that would put a COMMIT in doubt, since the last statement but one of the flush.
    var doubt: ServerDiagnostics?

    /// Nil when nobody wants to know.
    var telemetry: OperationTelemetry?
    var notificationInbox = NotificationInbox()
    var notificationWaiter: NotificationWaiter?
    var lastNotificationWaiterID: UInt64 = 0
    /// Why the connection ended by itself while nobody used it.
    private(set) var closeReason: PostgresError?

    private var isBusy = false
    private var queue: Deque<Waiter> = []
    private var lastWaiterID: UInt64 = 0
    private var onClose: (@Sendable (Suspicion?) -> Void)?
    /// What an error of the server's means for other connections to it.
    private var suspicion: Suspicion?
    /// The session was read-only when the connection was made.
    var startedReadOnly = false

    /// Counts, from the connection's start.
    public struct Statistics: Sendable, Hashable {
        /// Round trips: times that the connection sent what was queued and waited for the answer.
        public internal(set) var flushes = 0
        /// Sync messages, each of which ends a pipeline.
        public internal(set) var syncs = 0
        /// Statements executed, BEGIN and COMMIT included.
        public internal(set) var statements = 0
        /// COMMITs sent.
        public internal(set) var commits = 0
        /// Statements prepared.
        public internal(set) var prepares = 0

        /// One more flush, of one pipeline.
        mutating func count(statements: Int, prepares: Int) {
            flushes += 1
            syncs += 1
            self.statements += statements
            self.prepares += prepares
        }
    }

    /// A caller that waits for its turn.
    private struct Waiter {
        let id: UInt64
        let continuation: UnsafeContinuation<PostgresError?, Never>
    }

    private init(thread: ConnectionThread, configuration: Configuration, logger: Logger) {
        self.thread = thread
        waiter = SocketWaiter(thread)
        self.configuration = configuration
        self.logger = logger
        statements = StatementCache(capacity: configuration.statementCacheCapacity)
    }

    isolated deinit {
        waiter.leave()
        handle = nil
        ConnectionThreads.leave(thread)
    }

    /// Opens a connection.
    ///
    /// - Throws: `connectionFailed` (no server there), `authenticationFailed`, `databaseNotFound`, `connectTimeout`; `cancelled`
    ///   as soon as the calling task is. The message names host, role and database as libpq does, never the password.
    public static func connect(
        _ configuration: Configuration, logger: Logger = Logger(label: "libpq")
    ) async throws(PostgresError) -> PostgresConnection {
        let connection = PostgresConnection(
            thread: try ConnectionThreads.join(), configuration: configuration, logger: logger)
        try await connection.open()
        return connection
    }

    /// Closes the connection; an open transaction is rolled back by the server. Does nothing when closed.
    ///
    /// A statement that runs is cancelled on the server without waiting for its end, and its call throws `connectionLost`; a COMMIT is
    /// not cancelled and throws `commitUnknown`.
    public func close() {
        if handle == nil { return }
        waiter.leave()
        handle = nil
        transaction = nil
        hasEnded.store(true, ordering: .sequentiallyConsistent)
        onClose?(suspicion)
        onClose = nil
        dropStream()
        // Whoever has the turn may be waiting for a server that is dead.
        while let waiter = queue.popFirst() { waiter.continuation.resume(returning: Self.closed) }
        resumeNotificationWaiter(closeReason ?? PostgresError(.connectionClosed, "the connection is closed"))
    }

    /// Whether the connection has ended, by ``close()`` or by itself.
    public var isClosed: Bool { handle == nil }

    /// The server process that serves this connection, as in `pg_stat_activity.pid`; 0 when closed.
    public var backendProcessID: Int32 { handle?.backendProcessID ?? 0 }

    /// Calls `body` on the connection's thread when the connection ends; at once when it has.
    func whenClosed(_ body: @escaping @Sendable (Suspicion?) -> Void) {
        if handle == nil { body(suspicion) } else { onClose = body }
    }

    /// Looks for signs that other connections to this server had better not be used any more either.
    func watchForLeaving(_ sqlState: SQLState?) {
        let isReadOnly = transaction?.options.isReadOnly ?? false
        suspicion = Suspicion(sqlState, inTransaction: isReadOnly) ?? suspicion
    }

    /// What a pool must know when the connection comes back.
    func endLease() -> (isClean: Bool, suspicion: Suspicion?) {
        defer { suspicion = nil }
        return (isClean, suspicion)
    }

    /// Whether the server gives a sign of life; one round trip.
    ///
    /// The time counts from here on: for how long others had the thread says nothing about the server.
    func answers(within time: Duration) async -> Bool {
        let patience = Patience(uncancellableUntil: .now + time)
        do throws(PostgresError) { try await enter(patience) } catch { return false }
        defer { leave() }
        return (try? await flush([], patience)) != nil
    }

    /// Runs statements in one flush; see ``PostgresQueryable/run(_:deadline:file:line:)``.
    public func run(
        _ queries: [PostgresQuery], deadline: ContinuousClock.Instant?, file: String, line: Int
    ) async throws(PostgresError) -> [PostgresRows] {
        try await run(queries, in: nil, deadline: deadline, file: file, line: line)
    }

    // MARK: One caller at a time

    /// Waits for the connection's turn unless the caller gives up first or the connection is closed. Pair with ``leave()``,
    /// except when it throws.
    func enter(_ patience: Patience) async throws(PostgresError) {
        if try !takeTurn(patience) { try await waitForTurn(patience) }
    }

    /// Takes the connection's turn if it is free. Apart from ``waitForTurn(_:)`` because an asynchronous call costs more than it does.
    func takeTurn(_ patience: Patience) throws(PostgresError) -> Bool {
        if handle == nil { throw Self.closed }
        if patience.heedsCancellation, Task.isCancelled { throw Self.cancelledInQueue }
        if let deadline = patience.deadline, deadline <= .now { throw Self.timedOutInQueue }
        return takeTurn()
    }

    func waitForTurn(_ patience: Patience) async throws(PostgresError) {
        lastWaiterID += 1
        let id = lastWaiterID
        let timer = patience.deadline.map { deadline in
            Task { [weak self] in
                try await Task.sleep(for: deadline - .now, clock: .continuous)
                await self?.leaveQueue(id, Self.timedOutInQueue)
            }
        }
        defer { timer?.cancel() }
        let failure = await withTaskCancellationHandler {
            await withUnsafeContinuation { (continuation: UnsafeContinuation<PostgresError?, Never>) in
                // What came before this had nobody to tell.
                if patience.heedsCancellation, Task.isCancelled {
                    continuation.resume(returning: Self.cancelledInQueue)
                } else if let deadline = patience.deadline, deadline <= .now {
                    continuation.resume(returning: Self.timedOutInQueue)
                } else {
                    wait(Waiter(id: id, continuation: continuation))
                }
            }
        } onCancel: {
            if patience.heedsCancellation { Task { await self.leaveQueue(id, Self.cancelledInQueue) } }
        }
        if let failure { throw failure }
    }

    /// Callers that wait for their turn.
    var queuedCallers: Int { queue.count }

    private func takeTurn() -> Bool {
        if isBusy { return false }
        isBusy = true
        waiter.endIdleWatch()
        return true
    }

    /// Lets ``leave()`` hand the turn over, unless it has become free meanwhile: the calls on the way here may let others in.
    private func wait(_ waiter: Waiter) {
        if handle == nil {
            waiter.continuation.resume(returning: Self.closed)
        } else if takeTurn() {
            waiter.continuation.resume(returning: nil)
        } else {
            queue.append(waiter)
        }
    }

    private func leaveQueue(_ id: UInt64, _ error: PostgresError) {
        guard let index = queue.firstIndex(where: { $0.id == id }) else { return }
        queue.remove(at: index).continuation.resume(returning: error)
    }

    private static var closed: PostgresError { PostgresError(.connectionClosed, "the connection is closed") }

    private static var cancelledInQueue: PostgresError {
        PostgresError(.cancelled, "the calling task was cancelled before the statement was sent")
    }

    private static var timedOutInQueue: PostgresError {
        PostgresError(.timedOut, "the deadline passed before the statement was sent")
    }

    /// Gives the turn to the next caller, or lets the thread watch the socket for what nobody asked for.
    func leave() {
        if let next = queue.popFirst() {
            next.continuation.resume(returning: nil)
            return
        }
        isBusy = false
        watchIdleSocket()
    }

    func watchIdleSocket() {
        guard let handle, !waiter.watchIdle(handle.socket) else { return }
        closeReason = unwatchable(handle)
        close()
    }

    /// The server spoke without being asked: a notice, or that it ends the connection.
    func readUnasked() {
        guard let handle, !isBusy else { return }
        let isAlive = handle.consumeInput()
        _ = handle.isBusy  // lets libpq parse what it has read
        logNotices()
        collectNotifications()
        if isAlive && !handle.isBad {
            watchIdleSocket()
        } else {
            logger.debug("the server ended the connection", metadata: ["pid": "\(handle.backendProcessID)"])
            closeReason = broken(handle, "the server ended the connection")
            close()
        }
    }

    func logNotices() { log(handle?.takeNotices() ?? []) }

    /// Warnings at the level `warning`, the rest at `debug`. What a notice says may quote data: that is logged at `debug` only.
    func log(_ notices: [ServerDiagnostics]) {
        for notice in notices {
            if notice.endsSession { watchForLeaving(notice.sqlState) }  // a farewell that nobody had asked for
            if CommitDecision.isDoubt(notice) { doubt = notice }
            var metadata: Logger.Metadata = [
                "severity": "\(notice.severity ?? "?")", "sqlstate": "\(notice.sqlState?.rawValue ?? "?")",
            ]
            if logger.logLevel <= .debug { metadata["message"] = "\(notice.message ?? "")" }
            logger.log(
                level: notice.severity == "WARNING" ? .warning : .debug, "notice from the server", metadata: metadata)
        }
    }
}
