import EmbeddedPostgres
import FaultProxy
import TestSupport
import Testing

@testable import LibPQ

@Suite("When the connection is lost", .serialized, .timeLimit(.minutes(2)))
struct ConnectionLossTests {
    @Test("while it is idle, it is closed and leaves the pool without being asked")
    func idle() async throws {
        try await withTestDatabase { database in
            let pool = try database.makePool(of: 1)
            let connection = try await database.connect()
            let backend = try await pool.queryRow("SELECT pg_backend_pid()").decode(Int32.self)
            #expect(pool.idleConnections == 1)
            try await database.terminate(backend)
            try await database.terminate(connection.backendProcessID)
            try await waitUntil("the pool has dropped it") { pool.openConnections == 0 }
            try await waitUntil("the connection is closed") { await connection.isClosed }
            #expect(try await pool.queryRow("SELECT pg_backend_pid()").decode(Int32.self) != backend)
        }
    }

    @Test("inside a statement, the statement fails with connectionLost and the server's reason")
    func insideStatement() async throws {
        try await withTestDatabase { database in
            let connection = try await database.connect()
            let error = await postgresError {
                try await connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")
            }
            #expect(error?.code == .connectionLost)
            #expect(error?.sqlState == .adminShutdown)
            #expect(error?.isTransient == true)
            #expect(await connection.isClosed)
            #expect(await postgresError { try await connection.execute("SELECT 1") }?.code == .connectionClosed)
        }
    }

    @Test("inside a pool's transaction, nothing is written and the pool goes on")
    func insideTransaction() async throws {
        try await withTestDatabase { database in
            let pool = try database.makePool(of: 1)
            try await pool.execute("CREATE TABLE t (id int)")
            let error = await postgresError {
                try await pool.withTransaction { transaction in
                    try await transaction.execute("INSERT INTO t VALUES (1)")
                    try await transaction.execute("SELECT pg_terminate_backend(pg_backend_pid())")
                }
            }
            #expect(error?.code == .connectionLost)
            let swallowed = await postgresError {
                try await pool.withTransaction { transaction in
                    try await transaction.execute("INSERT INTO t VALUES (2)")
                    _ = try? await transaction.execute("SELECT pg_terminate_backend(pg_backend_pid())")
                }
            }
            #expect(swallowed?.code == .connectionClosed)
            #expect(try await pool.queryRow("SELECT count(*) FROM t").decode(Int.self) == 0)
            #expect(pool.openConnections == 1)
        }
    }

    @Test("by the network, without a word of the server")
    func cut() async throws {
        try await withTestDatabase { database in
            try await database.withProxy { proxy in
                let connection = try await database.connect(through: proxy)
                proxy.inject(.close, at: FaultPoint(.beforeAnswer, "SELECT 'the needle'"))
                let error = await postgresError { try await connection.query("SELECT 'the needle'") }
                #expect(error?.code == .connectionLost)
                #expect(error?.sqlState == nil)
                #expect(error?.message.contains("server closed the connection unexpectedly") == true, "libpq's reason")
                #expect(await connection.isClosed)

                let streaming = try await database.connect(through: proxy)
                proxy.inject(.close, at: FaultPoint(.beforeAnswer, "SELECT 'the needle'"))
                let lost = await postgresError {
                    for try await _ in streaming.stream("SELECT 'the needle'") {}
                }
                #expect(lost?.message.contains("server closed the connection unexpectedly") == true)

                let idle = try await database.connect(through: proxy)
                proxy.cut()
                try await waitUntil("the cut is noticed") { await idle.isClosed }
            }
        }
    }

    @Test("by a restart or a crash of the server, the pool works again afterwards", arguments: [true, false])
    func restart(crashes: Bool) async throws {
        let server = try await EmbeddedPostgres.start(.temporary)
        var configuration = try PostgresPool.Configuration(url: server.url)
        configuration.maximumConnections = 4
        let pool = PostgresPool(configuration: configuration)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask { try await pool.withTransaction { _ = try await $0.execute("SELECT pg_sleep(0.1)") } }
            }
            try await group.waitForAll()
        }
        let idleBefore = pool.idleConnections
        #expect(idleBefore > 1)
        if crashes { try await server.kill() }
        if crashes {
            // As long as nobody is there, callers get a clear error in time.
            try await waitUntil("the dead connections are gone") { pool.openConnections == 0 }
            let error = await postgresError { try await pool.execute("SELECT 1") }
            #expect(error?.code == .connectionFailed)
        }
        try await server.restart()
        try await waitUntil("the dead connections are gone") { pool.openConnections == 0 }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<20 { group.addTask { _ = try await pool.queryRow("SELECT 1").decode(Int.self) } }
            try await group.waitForAll()
        }
        await pool.close()
        try await server.stop(.immediate)
    }
}
