import FaultProxy
import LibPQ
import Synchronization
import TestSupport
import Testing

/// The proxy against a real server, through a real client.
@Suite("The fault proxy", .timeLimit(.minutes(1)))
struct FaultProxyTests {
    private func withProxy(
        _ body: (TestDatabase, FaultProxy, PostgresConnection) async throws -> Void
    ) async throws {
        try await withTestDatabase { database in
            try await database.pool.execute("CREATE TABLE t (id int)")
            let proxy = try FaultProxy(to: database.url)
            defer { proxy.close() }
            var configuration = try PostgresConnection.Configuration(url: proxy.url)
            configuration.commitTimeout = .seconds(1)
            configuration.cancelTimeout = .milliseconds(100)
            try await body(database, proxy, try await PostgresConnection.connect(configuration))
        }
    }

    @Test("shows every statement at four moments, in both directions, prepared or not")
    func passages() async throws {
        try await withProxy { _, proxy, connection in
            let seen = Mutex<[Passage]>([])
            proxy.setRule { passage in
                seen.withLock { $0.append(passage) }
                return nil
            }
            for _ in 1...2 {
                let transaction = try await connection.begin()
                _ = try await transaction.pipeline("INSERT INTO t VALUES (\(1))", "SELECT id FROM t")
                try await connection.commit(transaction)
            }
            let passages = seen.withLock { $0 }
            for moment in Passage.Moment.allCases {
                let statements = passages.filter { $0.moment == moment }.map(\.statement)
                let once = [
                    "BEGIN ISOLATION LEVEL READ COMMITTED", "INSERT INTO t VALUES ($1)", "SELECT id FROM t", "COMMIT",
                ]
                #expect(statements == once + once, "\(moment)")
            }
        }
    }

    /// Runs one INSERT in one flush with its own Sync, with a fault, and says whether it was done and what the client heard.
    private func insert(
        _ fault: Fault, _ moment: Passage.Moment
    ) async throws -> (isDone: Bool, code: PostgresError.Code?) {
        var isDone = false
        var code: PostgresError.Code?
        try await withProxy { database, proxy, connection in
            let backend = await connection.backendProcessID
            proxy.inject(fault, at: FaultPoint(moment, "INSERT INTO t"))
            do throws(PostgresError) {
                try await connection.execute("INSERT INTO t VALUES (1)", deadline: .now + .milliseconds(300))
            } catch {
                code = error.code
            }
            #expect(proxy.fired == 1)
            await connection.close()
            proxy.close()
            try await waitUntil("the session is gone") {
                try await database.pool.queryRow("SELECT count(*) FROM pg_stat_activity WHERE pid = \(backend)")
                    .decode(Int.self) == 0
            }
            isDone = try await database.pool.queryRow("SELECT count(*) FROM t").decode(Int.self) == 1
        }
        return (isDone, code)
    }

    @Test(
        "does to the server and to the client what the fault says",
        arguments: [
            (.close, .beforeRequest, false, .connectionLost), (.close, .beforeAnswer, true, .connectionLost),
            (.reset, .beforeRequest, false, .connectionLost), (.reset, .beforeAnswer, true, .connectionLost),
            (.truncate, .beforeAnswer, true, .connectionLost),
            (.freeze, .beforeRequest, false, .timedOut), (.freeze, .beforeAnswer, true, .timedOut),
            (.swallow, .beforeRequest, false, .timedOut), (.swallow, .beforeAnswer, true, .timedOut),
            (.delay(.milliseconds(50)), .beforeRequest, true, nil),
            (.delay(.milliseconds(50)), .beforeAnswer, true, nil),
        ] as [(Fault, Passage.Moment, Bool, PostgresError.Code?)])
    func faults(fault: Fault, moment: Passage.Moment, isDone: Bool, code: PostgresError.Code?) async throws {
        let result = try await insert(fault, moment)
        #expect(result.isDone == isDone)
        #expect(result.code == code)
    }

    @Test("refuses everybody while it is away, and serves again when it is back")
    func away() async throws {
        try await withProxy { _, proxy, connection in
            proxy.goAway()
            try await waitUntil("the connection is lost") { await connection.isClosed }
            let configuration = try PostgresConnection.Configuration(url: proxy.url)
            await #expect(throws: PostgresError.self) { _ = try await PostgresConnection.connect(configuration) }
            proxy.comeBack()
            let another = try await PostgresConnection.connect(configuration)
            #expect(try await another.queryRow("SELECT 1").decode(Int.self) == 1)
            await another.close()
        }
    }

    @Test("ends a connection that has fallen silent after so long, and no other", arguments: [Fault.freeze, .swallow])
    func silence(fault: Fault) async throws {
        try await withProxy { _, proxy, connection in
            let healthy = try await PostgresConnection.connect(PostgresConnection.Configuration(url: proxy.url))
            proxy.inject(fault, at: FaultPoint(.beforeRequest, "INSERT INTO t"))
            let insert = Task {
                try await connection.execute("INSERT INTO t VALUES (1)", deadline: .now + .seconds(30))
            }
            try await waitUntil("the fault has happened") { proxy.fired == 1 }
            proxy.closeSilent(for: .seconds(60))
            #expect(await !connection.isClosed)
            // The fault is counted a moment before it does anything.
            try await waitUntil("the connection is closed") {
                proxy.closeSilent(for: .zero)
                return await connection.isClosed
            }
            let error = await #expect(throws: PostgresError.self) { try await insert.value }
            #expect(error?.code == .connectionLost)
            #expect(try await healthy.queryRow("SELECT 1").decode(Int.self) == 1)
            await healthy.close()
        }
    }
}
