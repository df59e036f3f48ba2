import FaultProxy
import Foundation
import TestSupport
import Testing

@testable import LibPQ

@Suite("A statement that is given up", .serialized, .timeLimit(.minutes(2)))
struct CancellationTests {
    /// How long a test's statement would take if nobody cancelled it. Longer than the tests' time limit.
    private static let endless: PostgresQuery = "SELECT pg_sleep(600)"

    private func isRunning(_ backend: Int32, in database: TestDatabase) async throws -> Bool {
        try await database.pool.queryRow(
            """
            SELECT count(*) > 0 FROM pg_stat_activity
            WHERE pid = \(backend) AND state = 'active' AND query LIKE '%pg_sleep(600)%'
            """
        ).decode(Bool.self)
    }

    /// Waits until the connection's server process runs the endless statement.
    private func waitUntilRunning(_ backend: Int32, in database: TestDatabase) async throws {
        try await waitUntil("the statement runs") { try await isRunning(backend, in: database) }
    }

    @Test("because its task is cancelled ends on the server, and the connection goes on")
    func taskCancelled() async throws {
        try await withTestDatabase { database in
            let connection = try await database.connect()
            let backend = await connection.backendProcessID
            let task = Task { try await connection.execute(Self.endless) }
            try await waitUntilRunning(backend, in: database)
            task.cancel()
            let error = await postgresError { try await task.value }
            #expect(error?.code == .cancelled)
            #expect(error?.sqlState == .queryCanceled)
            #expect(error?.sql == Self.endless.sql)
            #expect(try await !isRunning(backend, in: database))
            #expect(await connection.isClean)
            #expect(try await connection.queryRow("SELECT pg_backend_pid()").decode(Int32.self) == backend)
        }
    }

    @Test("because its deadline passed ends on the server, and the connection goes on")
    func deadlinePassed() async throws {
        try await withTestDatabase { database in
            let connection = try await database.connect()
            let error = await postgresError {
                try await connection.execute(Self.endless, deadline: .now + .milliseconds(100))
            }
            #expect(error?.code == .timedOut)
            #expect(error?.sqlState == .queryCanceled)
            #expect(error?.isTransient == true)
            #expect(try await connection.queryRow("SELECT 1").decode(Int.self) == 1)
        }
    }

    @Test("by the configured time-out; a call's own deadline wins over it")
    func configuredTimeout() async throws {
        try await withTestDatabase { database in
            var configuration = try database.configuration([:])
            configuration.queryTimeout = .milliseconds(100)
            let connection = try await PostgresConnection.connect(configuration)
            let error = await postgresError { try await connection.execute(Self.endless) }
            #expect(error?.code == .timedOut)
            try await connection.execute("SELECT pg_sleep(0.3)", deadline: .now + .seconds(60))
        }
    }

    @Test("by the server's statement_timeout has failed with 57014, not with timedOut")
    func serverTimeout() async throws {
        try await withTestDatabase { database in
            var configuration = try database.configuration([:])
            configuration.statementTimeout = .milliseconds(100)
            let connection = try await PostgresConnection.connect(configuration)
            let error = await postgresError {
                try await connection.execute(Self.endless, deadline: .now + .seconds(60))
            }
            #expect(error?.code == .server)
            #expect(error?.sqlState == .queryCanceled)
            #expect(try await connection.queryRow("SHOW statement_timeout").decode(String.self) == "100ms")
            #expect(try await connection.queryRow("SHOW lock_timeout").decode(String.self) == "2s")
        }
    }

    @Test("before it was sent is never sent: task cancelled, deadline passed")
    func neverSent() async throws {
        try await withTestDatabase { database in
            let connection = try await database.connect()
            try await connection.execute("CREATE TABLE t (id int)")
            let sent = await connection.statistics.statements
            let late = await postgresError {
                try await connection.execute("INSERT INTO t VALUES (1)", deadline: .now - .seconds(1))
            }
            #expect(late?.code == .timedOut)
            let task = Task {
                while !Task.isCancelled { await Task.yield() }
                try await connection.execute("INSERT INTO t VALUES (2)")
            }
            task.cancel()
            #expect(await postgresError { try await task.value }?.code == .cancelled)
            #expect(await connection.statistics.statements == sent)
            #expect(try await connection.queryRow("SELECT count(*) FROM t").decode(Int.self) == 0)
        }
    }

    @Test("while it waits for its turn leaves the queue: task cancelled, deadline passed")
    func inQueue() async throws {
        try await withTestDatabase { database in
            let connection = try await database.connect()
            let running = Task { try await connection.execute(Self.endless) }
            try await waitUntilRunning(await connection.backendProcessID, in: database)
            let late = await postgresError {
                try await connection.execute("SELECT 1", deadline: .now + .milliseconds(50))
            }
            #expect(late?.code == .timedOut)
            let queued = Task { try await connection.execute("SELECT 1") }
            queued.cancel()
            #expect(await postgresError { try await queued.value }?.code == .cancelled)
            let patient = Task { try await connection.queryRow("SELECT 7").decode(Int.self) }
            running.cancel()
            #expect(await postgresError { try await running.value }?.code == .cancelled)
            #expect(try await patient.value == 7)
        }
    }

    @Test("in a transaction aborts it: nothing is written, ROLLBACK is sent although the task is cancelled")
    func inTransaction() async throws {
        try await withTestDatabase { database in
            let pool = try database.makePool(of: 1)
            try await pool.execute("CREATE TABLE t (id int)")
            let backend = try await pool.queryRow("SELECT pg_backend_pid()").decode(Int32.self)
            let task = Task {
                _ = try await pool.withTransaction { transaction in
                    try await transaction.execute("INSERT INTO t VALUES (1)")
                    _ = try? await transaction.execute(Self.endless)
                }
            }
            try await waitUntilRunning(backend, in: database)
            task.cancel()
            #expect(await postgresError { try await task.value }?.code == .transactionAborted)
            #expect(try await pool.queryRow("SELECT count(*) FROM t").decode(Int.self) == 0)
            #expect(try await pool.queryRow("SELECT pg_backend_pid()").decode(Int32.self) == backend)
        }
    }

    @Test("COMMIT is not cancelled with its task, nor are statements of a transaction that ignores cancellation")
    func notCancelled() async throws {
        try await withTestDatabase { database in
            let connection = try await database.connect()
            try await connection.execute("CREATE TABLE t (id int)")
            let task = Task {
                try await connection.withTransaction { transaction in
                    try await transaction.execute("INSERT INTO t VALUES (1)")
                    withUnsafeCurrentTask { $0?.cancel() }
                }
                #expect(Task.isCancelled)
                _ = try await connection.withTransaction(TransactionOptions(ignoresCancellation: true)) { transaction in
                    try await transaction.execute("INSERT INTO t VALUES (2)")
                }
            }
            try await task.value
            #expect(try await connection.queryRow("SELECT count(*) FROM t").decode(Int.self) == 2)
        }
    }

    @Test("on a server that does not answer at all discards the connection, for each reason")
    func frozenServer() async throws {
        try await withTestDatabase { database in
            try await database.withProxy { proxy in
                var configuration = try database.configuration([
                    "host": "127.0.0.1", "hostaddr": "127.0.0.1", "port": "\(proxy.port)",
                ])
                configuration.cancelTimeout = .milliseconds(100)
                for reason in [Patience.Reason.deadline, .cancellation] {
                    let connection = try await PostgresConnection.connect(configuration)
                    proxy.inject(.freeze, at: FaultPoint(.beforeRequest, "SELECT 'frozen'"))
                    let faults = proxy.fired
                    let deadline = reason == .deadline ? ContinuousClock.now + .milliseconds(100) : nil
                    let task = Task { try await connection.execute("SELECT 'frozen'", deadline: deadline) }
                    try await waitUntil("it is frozen") { proxy.fired > faults }
                    if reason == .cancellation { task.cancel() }
                    let error = await postgresError { try await task.value }
                    #expect(error?.code == reason.code)
                    #expect(error?.sqlState == nil)
                    #expect(await connection.isClosed)
                }
            }
        }
    }

    /// A connection through another name of the server's Unix socket, which goes away, so that a request to cancel fails.
    private func withVanishingSocket(
        _ body: (PostgresConnection, _ come: () throws -> Void) async throws -> Void
    ) async throws {
        try await withTestDatabase { database in
            let name = ".s.PGSQL.\(try await database.tcpPort)"
            let original = "\(try #require(ConnectionOptions(parsing: database.url).values["host"]))/\(name)"
            let directory = "/tmp/\(database.name)"
            let link = "\(directory)/\(name)"
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
            defer { try? FileManager.default.removeItem(atPath: directory) }
            func come() throws {
                try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: original)
            }
            try come()
            let connection = try await PostgresConnection.connect(database.configuration(["host": directory]))
            try FileManager.default.removeItem(atPath: link)
            try await body(connection, come)
        }
    }

    @Test("is asked to end again when the request did not reach the server")
    func requestFailed() async throws {
        try await withVanishingSocket { connection, come in
            let task = Task { try await connection.execute(Self.endless, deadline: .now + .seconds(1)) }
            try await waitUntil("a request has failed") { await connection.cancelRequest?.state == .failed }
            try come()
            let error = await postgresError { try await task.value }
            #expect(error?.code == .timedOut)
            #expect(error?.sqlState == .queryCanceled)
            #expect(try await connection.queryRow("SELECT 1").decode(Int.self) == 1)
        }
    }

    @Test("and ends by itself keeps its connection when no request has reached the server")
    func requestFailedButEnded() async throws {
        try await withVanishingSocket { connection, _ in
            let deadline = ContinuousClock.now + .seconds(1)
            let value = try await connection.queryRow("SELECT 1 FROM pg_sleep(2)", deadline: deadline)
            #expect(try value.decode(Int.self) == 1)
            #expect(await connection.cancelRequest == nil)
            #expect(try await connection.queryRow("SELECT 1").decode(Int.self) == 1)
        }
    }

    @Test("and ends by itself fails all the same when it is a stream or a COPY, whose rest has been thrown away")
    func streamEndedFirst() async throws {
        try await withVanishingSocket { connection, _ in
            // The first row comes at once.
            let slow: PostgresQuery =
                "SELECT repeat('x', 10000), pg_sleep(CASE WHEN n > 1 THEN 0.2 END) FROM generate_series(1, 4) n"
            let stream = await postgresError {
                for try await _ in connection.stream(slow, deadline: .now + .milliseconds(100)) {}
            }
            #expect(stream?.code == .timedOut)
            let copy = await postgresError {
                let lines = connection.copyOut(
                    "COPY (\(unescaped: slow.sql)) TO STDOUT", deadline: .now + .milliseconds(100))
                for try await _ in lines {}
            }
            #expect(copy?.code == .timedOut)
            try await connection.execute("SELECT 1")
        }
    }

    #if os(Linux)
    @Test("is asked to end again when the process had no descriptor left for the request")
    func outOfDescriptors() async throws {
        // In a process of its own, where nobody else misses them.
        await #expect(processExitsWith: .success) {
            try await withTestDatabase { database in
                let log = LogRecorder()
                let connection = try await PostgresConnection.connect(
                    database.configuration([:]), logger: log.logger)
                var limit = rlimit(rlim_cur: 100, rlim_max: 100)
                #expect(setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
                var taken: [Int32] = []
                while case let descriptor = dup(0), descriptor >= 0 { taken.append(descriptor) }
                let task = Task {
                    try await connection.execute(CancellationTests.endless, deadline: .now + .milliseconds(100))
                }
                try await waitUntil("a request has failed") { log.text.contains("could not be cancelled yet") }
                for descriptor in taken { close(descriptor) }
                let error = await postgresError { try await task.value }
                #expect(error?.code == .timedOut)
                #expect(error?.sqlState == .queryCanceled)
                #expect(try await connection.queryRow("SELECT 1").decode(Int.self) == 1)
            }
        }
    }
    #endif

    @Test("again and again, at random moments, never hits a later statement", .timeLimit(.minutes(2)))
    func neverTooLate() async throws {
        try await withTestDatabase { database in
            let connection = try await database.connect()
            var random = SeededGenerator(for: "cancellation at random moments")
            var cancelled = 0
            for _ in 0..<200 {
                let delay = Duration.microseconds(Int.random(in: 0...2_000, using: &random))
                let error = await postgresError {
                    try await connection.execute("SELECT pg_sleep(0.001)", deadline: .now + delay)
                }
                if let error {
                    #expect(error.code == .timedOut)
                    cancelled += 1
                }
                // Were the request still on its way, it would hit this one.
                let next = await postgresError { try await connection.execute("SELECT pg_sleep(0.001)") }
                #expect(next == nil)
            }
            #expect((1..<200).contains(cancelled))
        }
    }
}
