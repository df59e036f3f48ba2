import Synchronization
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

/// An actor may serve another caller at every `await`, calls of its own methods included. Each test lets callers arrive together.
@Suite("The turn of a connection", .serialized, .timeLimit(.minutes(2)))
struct TurnTests {
    private final class Counter: Sendable {
        private let value = Atomic<Int>(0)
        func increment() { value.add(1, ordering: .sequentiallyConsistent) }
        var count: Int { value.load(ordering: .sequentiallyConsistent) }
    }

    /// Runs the bodies in tasks of their own whose first calls on the connection wait for its thread together.
    private func together(
        on connection: PostgresConnection, _ bodies: (@Sendable () async throws -> Void)...
    ) async throws {
        let go = Counter()
        try await withThrowingTaskGroup { group in
            group.addTask(executorPreference: connection.thread.bodies) {
                // Other tests' connections live on the same thread.
                let end = ContinuousClock.now + .milliseconds(500)
                while go.count == 0, .now < end {}
            }
            for body in bodies { group.addTask { try await body() } }
            for _ in 0..<20 { await Task.yield() }
            go.increment()
            try await group.waitForAll()
        }
    }

    @Test("reaches who asks for it in the moment in which it becomes free")
    func handedOver() async throws {
        try await withTestDatabase { database in
            let connection = try await database.connect()
            for round in 0..<200 {
                try await together(
                    on: connection, { try await connection.holdTurn(for: round % 10) },
                    { try await connection.execute("SELECT 1") })
            }
        }
    }

    @Test("is waited for by nobody when the connection is closed, even if who has it waits for a server that is dead")
    func closed() async throws {
        try await withTestDatabase { database in
            let connection = try await database.connect()
            let backend = await connection.backendProcessID
            kill(backend, SIGSTOP)
            defer { kill(backend, SIGCONT) }
            let running = Task { try await connection.execute("SELECT 1") }
            try await waitUntil("a statement is sent") { await connection.statistics.statements == 1 }
            let waiting = Task { try await connection.execute("SELECT 2") }
            try await waitUntil("another waits for its turn") { await connection.queuedCallers == 1 }
            await connection.close()
            #expect(await postgresError { try await waiting.value }?.code == .connectionClosed)
            #expect(await postgresError { try await connection.execute("SELECT 3") }?.code == .connectionClosed)
            #expect(await postgresError { try await running.value }?.code == .connectionLost)
        }
    }

    @Test(
        "is no reason to go on for a statement or a stream whose connection is closed: both end, here and on the server"
    )
    func closedWhileRunning() async throws {
        try await withTestDatabase { database in
            for streams in [false, true] {
                let connection = try await database.connect()
                let backend = await connection.backendProcessID
                let running = Task {
                    guard streams else {
                        _ = try await connection.execute("SELECT pg_sleep(600)")
                        return
                    }
                    for try await _ in connection.stream("SELECT pg_sleep(600)") {}
                }
                try await waitUntil("it runs") {
                    try await database.pool.queryRow(
                        "SELECT wait_event IS NOT DISTINCT FROM 'PgSleep' FROM pg_stat_activity WHERE pid = \(backend)"
                    ).decode(Bool.self)
                }
                await connection.close()
                #expect(await postgresError { try await running.value }?.code == .connectionLost)
                try await waitUntil("its session is gone") {
                    try await database.pool.query("SELECT 1 FROM pg_stat_activity WHERE pid = \(backend)").isEmpty
                }
            }
        }
    }

    @Test("does not take a statement of nobody's into a transaction that is opened meanwhile")
    func foreignTransaction() async throws {
        try await withTestDatabase { database in
            let connection = try await database.connect()
            try await connection.execute("CREATE TABLE t (id int)")
            let inserted = Counter()
            for round in 0..<200 {
                try await together(
                    on: connection,
                    {
                        let error = await postgresError { try await connection.execute("INSERT INTO t VALUES (1)") }
                        #expect(error == nil || error?.code == .transactionControl)
                        if error == nil { inserted.increment() }
                    },
                    {
                        let transaction = try await connection.begin(after: round % 20)
                        await connection.rollBack(transaction)
                    })
            }
            let count = try await connection.queryRow("SELECT count(*) FROM t").decode(Int.self)
            #expect(count == inserted.count)
        }
    }

    @Test("goes on when ROLLBACK and the reader of a stream come together")
    func streamEnded() async throws {
        try await withTestDatabase { database in
            let connection = try await database.connect()
            for _ in 0..<200 {
                let transaction = try await connection.begin()
                let id = try await connection.openRows(
                    "SELECT repeat('x', 1000) FROM generate_series(1, 2000)", in: transaction.id,
                    for: StreamLease(connection), deadline: nil)
                try await together(
                    on: connection,
                    { _ = await postgresError { _ = try await connection.nextRows(of: id, deadline: nil) } },
                    { await connection.rollBack(transaction) })
                #expect(try await connection.queryRow("SELECT 1").decode(Int.self) == 1)
            }
        }
    }

    @Test("does not matter to who waits for notifications while the connection is closed")
    func notificationsClosed() async throws {
        try await withTestDatabase { database in
            for _ in 0..<100 {
                let connection = try await database.connect()
                try await together(
                    on: connection,
                    {
                        let error = await postgresError { _ = try await connection.nextNotifications() }
                        #expect(error?.code == .connectionClosed)
                    },
                    { await connection.close() })
            }
        }
    }
}

extension PostgresConnection {
    /// Lets others in.
    private func pass() async {}

    fileprivate func holdTurn(for calls: Int) async throws(PostgresError) {
        try await enter(Patience(deadline: nil, heedsCancellation: false, grace: .zero))
        for _ in 0..<calls { await pass() }
        leave()
    }

    fileprivate func begin(after calls: Int) async throws(PostgresError) -> PostgresTransaction {
        for _ in 0..<calls { await pass() }
        return try begin()
    }
}
