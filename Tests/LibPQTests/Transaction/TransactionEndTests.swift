import FaultProxy
import TestSupport
import Testing

@testable import LibPQ

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// COMMIT, ROLLBACK and savepoints need the connection's turn, which a stream may have.
@Suite("The end of a transaction that finds a stream", .serialized, .timeLimit(.minutes(2)))
struct TransactionEndTests {
    /// More than libpq, the sockets and a proxy hold on the way.
    private static let manyRows: PostgresQuery = "SELECT repeat('x', 10000) FROM generate_series(1, 20000)"
    /// A few rows at once, and then none for longer than the tests' time limit.
    private static let slowRows: PostgresQuery =
        "SELECT repeat('x', 10000) FROM generate_series(1, 3) UNION ALL SELECT pg_sleep(600)::text"

    /// A transaction that has written a row and reads a stream, on a connection with a commitTimeout of a second. The row must not
    /// be there when that connection is gone.
    private func withStream(
        of query: PostgresQuery, queryTimeout: Duration? = nil,
        _ body: (PostgresConnection, PostgresTransaction, inout PostgresRowStream.Iterator?, FaultProxy) async throws
            -> Void
    ) async throws {
        try await withTestDatabase { database in
            try await database.pool.execute("CREATE TABLE t (id int)")
            try await database.withProxy { proxy in
                let connection = try await database.connect(through: proxy) {
                    $0.cancelTimeout = .milliseconds(500)
                    $0.queryTimeout = queryTimeout
                }
                let backend = await connection.backendProcessID
                let transaction = try await connection.begin()
                try await transaction.execute("INSERT INTO t VALUES (1)", deadline: .now + .seconds(30))
                var rows: PostgresRowStream.Iterator? =
                    transaction.stream(query, deadline: .now + .seconds(60)).makeAsyncIterator()
                _ = try await rows?.next()
                try await body(connection, transaction, &rows, proxy)
                await connection.close()
                proxy.close()
                try await database.terminate(backend)
                try await waitUntil("session \(backend) is gone") {
                    try await database.pool.queryRow("SELECT count(*) FROM pg_stat_activity WHERE pid = \(backend)")
                        .decode(Int.self) == 0
                }
                #expect(try await database.pool.queryRow("SELECT count(*) FROM t").decode(Int.self) == 0)
            }
        }
    }

    // MARK: Bounded

    @Test("is timedOut when the server is dead, in time, and not commitUnknown: COMMIT was not sent")
    func commitOnDeadServer() async throws {
        try await withStream(of: Self.manyRows) { connection, transaction, _, proxy in
            proxy.freeze()
            let start = ContinuousClock.now
            let error = await postgresError { try await connection.commit(transaction) }
            #expect(ContinuousClock.now - start < .seconds(10))
            #expect(error?.code == .timedOut)
            #expect(error?.message.contains("COMMIT could not be sent") == true)
            #expect(await connection.isClosed)
            #expect(await connection.statistics.commits == 0)
        }
    }

    @Test("is timedOut when its rest was being read already")
    func commitBehindReader() async throws {
        try await withStream(of: Self.slowRows) { connection, transaction, rows, proxy in
            rows = nil
            try await waitUntil("the rest is being read") { await connection.isDraining }
            let error = await postgresError { try await connection.commit(transaction) }
            #expect(error?.code == .timedOut)
            #expect(await connection.isClosed)
        }
    }

    @Test("is timedOut when rows keep coming")
    func commitWithEndlessRows() async throws {
        try await withStream(of: "SELECT generate_series(1, 1000000000)") { connection, transaction, _, _ in
            let start = ContinuousClock.now
            let error = await postgresError { try await connection.commit(transaction) }
            #expect(error?.code == .timedOut)
            #expect(ContinuousClock.now - start < .seconds(10))
        }
    }

    @Test("by ROLLBACK closes the connection when somebody keeps its turn for too long, as does the end of a lease")
    func rollBackBehindStatement() async throws {
        try await withStream(of: "SELECT 1") { connection, transaction, rows, _ in
            while try await rows?.next() != nil {}
            let sent = await connection.statistics.statements
            let running = Task { try await transaction.execute("SELECT pg_sleep(600)") }
            try await waitUntil("it is sent") { await connection.statistics.statements > sent }
            await connection.rollBack(transaction)
            #expect(await connection.isClosed)
            running.cancel()
            _ = await running.result
        }
        try await withTestDatabase { database in
            try await database.withProxy { proxy in
                let connection = try await database.connect(through: proxy) { $0.cancelTimeout = .milliseconds(500) }
                let running = Task { try await connection.execute("SELECT pg_sleep(600)") }
                try await waitUntil("it is sent") { await connection.statistics.statements > 0 }
                await connection.reset()
                #expect(await connection.isClosed)
                running.cancel()
                _ = await running.result
            }
        }
    }

    // MARK: Savepoints

    @Test("or a savepoint that finds one is as patient as a statement")
    func savepointOnDeadServer() async throws {
        try await withStream(of: Self.manyRows, queryTimeout: .milliseconds(300)) {
            connection, transaction, _, proxy in
            proxy.freeze()
            let error = await postgresError { try await transaction.withSavepoint { Issue.record("it was set") } }
            #expect(error?.code == .timedOut)
            #expect(await connection.isClosed)
        }
    }

    @Test("or a savepoint that finds one is cancelled like a statement, and the transaction with it")
    func savepointCancelled() async throws {
        try await withStream(of: Self.slowRows) { connection, transaction, _, _ in
            let setting = Task { try await transaction.withSavepoint { Issue.record("it was set") } }
            try await waitUntil("the rest is being read") { await connection.isDraining }
            setting.cancel()
            #expect(await postgresError { try await setting.value }?.code == .cancelled)
            let ended = await postgresError { try await connection.commit(transaction) }
            #expect(ended?.code == .transactionAborted)
            #expect(try await connection.queryRow("SELECT 1").decode(Int.self) == 1)
        }
    }

    @Test("or a savepoint that cannot be released keeps its transaction from being committed")
    func releaseCancelled() async throws {
        try await withStream(of: "SELECT 1") { connection, transaction, rows, _ in
            while try await rows?.next() != nil {}
            let task = Task {
                try await transaction.withSavepoint {
                    try await transaction.execute("INSERT INTO t VALUES (2)")
                    withUnsafeCurrentTask { $0?.cancel() }
                }
            }
            #expect(await postgresError { try await task.value }?.code == .cancelled)
            let ended = await postgresError { try await connection.commit(transaction) }
            #expect(ended?.code == .transactionAborted)
        }
    }

    @Test("or a savepoint that is undone cancels one that was opened in it, even when its task is cancelled")
    func savepointUndone() async throws {
        struct Refused: Error {}
        try await withTestDatabase { database in
            let connection = try await database.connect()
            try await connection.execute("CREATE TABLE t (id int)")
            let transaction = try await connection.begin()
            try await transaction.execute("INSERT INTO t VALUES (1)")
            let task = Task {
                try await transaction.withSavepoint {
                    try await transaction.execute("INSERT INTO t VALUES (2)")
                    var rows = transaction.stream(Self.slowRows).makeAsyncIterator()
                    _ = try await rows.next()
                    withUnsafeCurrentTask { $0?.cancel() }
                    throw Refused()
                }
            }
            await #expect(throws: Refused.self) { try await task.value }
            try await connection.commit(transaction)
            #expect(try await connection.query("SELECT id FROM t").decode(Int.self) == [1])
        }
    }

    // MARK: Of somebody else

    @Test("does not end the stream of a later transaction")
    func streamOfLaterTransaction() async throws {
        try await withTestDatabase { database in
            let connection = try await database.connect()
            let earlier = try await connection.begin()
            try await earlier.execute("SELECT 1")
            try await connection.commit(earlier)
            try await connection.withTransaction { transaction in
                var count = 0
                for try await _ in transaction.stream("SELECT n FROM generate_series(1, 20000) n") {
                    if count == 0 {
                        let again = await postgresError { try await connection.commit(earlier) }
                        #expect(again?.code == .transactionEnded)
                        await connection.rollBack(earlier)
                        let late = await postgresError { try await earlier.withSavepoint {} }
                        #expect(late?.code == .transactionEnded)
                    }
                    count += 1
                }
                #expect(count == 20_000)
            }
        }
    }

    // MARK: Opened meanwhile

    enum End: CaseIterable {
        case commit, rollBack, reset
    }

    @Test("or of a lease is not kept waiting by one that was to be opened before", arguments: End.allCases)
    func queued(_ end: End) async throws {
        try await withTestDatabase { database in
            let connection = try await database.connect()
            let backend = await connection.backendProcessID
            let transaction = end == .reset ? nil : try await connection.begin()
            try await transaction?.execute("SELECT 1")
            let sent = await connection.statistics.statements
            kill(backend, SIGSTOP)
            defer { kill(backend, SIGCONT) }
            let running = Task {
                if let transaction {
                    try await transaction.execute("SELECT 2")
                } else {
                    try await connection.execute("SELECT 2")
                }
            }
            try await waitUntil("a statement is sent") { await connection.statistics.statements > sent }
            let opening = Task {
                try await connection.openRows(
                    Self.manyRows, in: transaction?.id, for: StreamLease(connection), deadline: nil)
            }
            try await waitUntil("the stream waits for its turn") { await connection.queuedCallers == 1 }
            try await finish(end, transaction, connection, waitingCallers: 2) { kill(backend, SIGCONT) }
            _ = try await running.value
            #expect(await postgresError { try await opening.value }?.code == .transactionEnded)
        }
    }

    @Test("or of a lease is not kept waiting by one that is just being opened", arguments: End.allCases)
    func beingOpened(_ end: End) async throws {
        try await withTestDatabase { database in
            try await database.pool.execute("CREATE TABLE t (id int)")
            let connection = try await database.connect()
            let holder = try await database.connect()
            let lock = try await holder.begin()
            try await lock.execute("LOCK TABLE t IN ACCESS EXCLUSIVE MODE")
            let transaction = end == .reset ? nil : try await connection.begin()
            let opening = Task {
                try await connection.openCopyOut(
                    "COPY t TO STDOUT", in: transaction?.id, for: StreamLease(connection), deadline: nil)
            }
            try await database.waitForBlockedSessions()
            try await finish(end, transaction, connection, waitingCallers: 1) { try await holder.commit(lock) }
            let id = try await opening.value
            let read = await postgresError { try await connection.nextCopyData(of: id, deadline: nil) }
            #expect(read?.code == .transactionEnded)
        }
    }

    /// Ends the transaction or the lease; when that waits, too, lets the server go on.
    private func finish(
        _ end: End, _ transaction: PostgresTransaction?, _ connection: PostgresConnection, waitingCallers: Int,
        _ goOn: () async throws -> Void
    ) async throws {
        let start = ContinuousClock.now
        let ending = Task {
            switch (end, transaction) {
            case (.commit, let transaction?): try await connection.commit(transaction)
            case (.rollBack, let transaction?): await connection.rollBack(transaction)
            default: await connection.reset()
            }
        }
        try await waitUntil("the end waits for its turn") { await connection.queuedCallers == waitingCallers }
        try await goOn()
        try await ending.value
        #expect(ContinuousClock.now - start < .seconds(4), "commitTimeout is 10 s, cancelTimeout 5 s")
        #expect(await connection.isClean)
    }
}

extension PostgresConnection {
    fileprivate var isDraining: Bool { openStream?.isDraining == true }
}
