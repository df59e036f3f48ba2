import Foundation
import TestSupport
import Testing

@testable import LibPQ

@Suite("Through PgBouncer in transaction mode", .serialized, .timeLimit(.minutes(2)))
struct PgBouncerTests {
    @Test("statements, parameters, types, pipelines and errors are what they are without")
    func statements() async throws {
        try await PgBouncer.with { bouncer in
            let connection = try await PostgresConnection.connect(bouncer.configuration())
            for number in 0..<50 {
                let id = UUID()
                let row = try await connection.queryRow("SELECT \(number), \("text")::text, \(id), \([1, 2, 3])")
                    .decode((Int, String, UUID, [Int]).self)
                #expect(row == (number, "text", id, [1, 2, 3]))
            }
            let (one, two) = try await connection.pipeline("SELECT \(1)", "SELECT \(2)")
            #expect(try one.decode(Int.self) + two.decode(Int.self) == [1, 2])
            #expect(await postgresError { try await connection.execute("SELECT 1 / 0") }?.sqlState == "22012")
            #expect(await connection.statistics.prepares == 0)
        }
    }

    @Test("transactions keep their session and savepoints; many clients share few sessions")
    func transactions() async throws {
        try await PgBouncer.with { bouncer in
            var configuration = PostgresPool.Configuration(connection: try bouncer.configuration())
            configuration.maximumConnections = 8
            configuration.acquireTimeout = .seconds(60)
            let pool = PostgresPool(configuration: configuration)
            try await pool.execute("CREATE TABLE t (id int8, backend int4)")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<100 {
                    group.addTask {
                        try await pool.withTransaction { transaction in
                            let first = try await transaction.queryRow("SELECT pg_backend_pid()").decode(Int32.self)
                            try await transaction.execute("INSERT INTO t VALUES (\(number), \(first))")
                            _ = try? await transaction.withSavepoint { try await transaction.execute("SELECT 1 / 0") }
                            let last = try await transaction.queryRow("SELECT pg_backend_pid()").decode(Int32.self)
                            #expect(first == last)
                        }
                    }
                }
                try await group.waitForAll()
            }
            let (rows, sessions) = try await pool.queryRow("SELECT count(*), count(DISTINCT backend) FROM t")
                .decode((Int, Int).self)
            #expect(rows == 100)
            #expect((1...PgBouncer.serverConnections).contains(sessions))
            let rolledBack = await postgresError {
                try await pool.withTransaction { transaction in
                    try await transaction.execute("DELETE FROM t")
                    try await transaction.execute("SELECT 1 / 0")
                }
            }
            #expect(rolledBack?.sqlState == "22012")
            #expect(try await pool.queryRow("SELECT count(*) FROM t").decode(Int.self) == 100)
            await pool.close()
        }
    }

    @Test("streams, COPY and deadlines work")
    func conversations() async throws {
        try await PgBouncer.with { bouncer in
            let connection = try await PostgresConnection.connect(bouncer.configuration())
            var sum = 0
            for try await number in connection.stream("SELECT n FROM generate_series(1, 1000) n").decode(Int.self) {
                sum += number
            }
            #expect(sum == 500_500)
            try await connection.execute("CREATE TABLE t (id int8)")
            #expect(
                try await connection.copyIn("COPY t FROM STDIN (FORMAT binary)") { copy in
                    for id in 0..<1000 { try await copy.write(id) }
                } == 1000)
            var lines = 0
            for try await _ in connection.copyOut("COPY t TO STDOUT") { lines += 1 }
            #expect(lines == 1000)
            let late = await postgresError {
                try await connection.execute("SELECT pg_sleep(600)", deadline: .now + .milliseconds(200))
            }
            #expect(late?.sqlState == .queryCanceled)
            #expect(try await connection.queryRow("SELECT 1").decode(Int.self) == 1)
        }
    }

    // Statements that are kept prepared are left behind on the first session, and made again on the next.
    @Test(
        "a client goes on when the pooler gives it another session of the server", arguments: [0, 16])
    func swappedSessions(statementCacheCapacity: Int) async throws {
        try await PgBouncer.with { bouncer in
            var configuration = try bouncer.configuration()
            configuration.statementCacheCapacity = statementCacheCapacity
            let client = try await PostgresConnection.connect(configuration)
            let other = try await PostgresConnection.connect(configuration)
            func backend() async throws -> Int32 {
                try await client.queryRow("SELECT pg_backend_pid()").decode(Int32.self)
            }
            let first = try await backend()
            // While the other one's transaction holds that session, ours is another.
            let second = try await other.withTransaction { transaction in
                #expect(try await transaction.queryRow("SELECT pg_backend_pid()").decode(Int32.self) == first)
                #expect(try await client.withTransaction { try await $0.queryRow("SELECT 2").decode(Int.self) } == 2)
                return try await backend()
            }
            #expect(second != first)
        }
    }

    @Test("statements that are kept prepared against the advice fail with 26000 at worst; never does another one run")
    func preparedAgainstAdvice() async throws {
        try await PgBouncer.with { bouncer in
            var configuration = try bouncer.configuration()
            configuration.statementCacheCapacity = 16
            let clients = [
                try await PostgresConnection.connect(configuration),
                try await PostgresConnection.connect(configuration),
                try await PostgresConnection.connect(configuration),
            ]
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (index, client) in clients.enumerated() {
                    group.addTask {
                        for round in 0..<100 {
                            do {
                                // The same position in each client's cache, another text.
                                let answer = try await client.queryRow(
                                    "SELECT \(unescaped: "\(index)") * 1000 + \(round)"
                                ).decode(Int.self)
                                #expect(answer == index * 1000 + round)
                            } catch let error as PostgresError {
                                #expect(error.sqlState == .invalidSQLStatementName)
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test("a server session that dies between transactions is replaced unnoticed; inside one, the error says so")
    func lostSession() async throws {
        try await PgBouncer.with { bouncer in
            var configuration = PostgresPool.Configuration(connection: try bouncer.configuration())
            configuration.maximumConnections = 2
            let pool = PostgresPool(configuration: configuration)
            try await pool.execute("CREATE TABLE t (id int8)")
            let admin = try await PostgresConnection.connect(bouncer.configuration())
            let othersEnd: PostgresQuery = """
                SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'
                """
            // The first of these runs on the session that is free, and ends the other.
            let lost = await postgresError {
                try await pool.withTransaction { transaction in
                    try await transaction.execute("INSERT INTO t VALUES (1)")
                    try await admin.execute(othersEnd)
                    try await transaction.execute("INSERT INTO t VALUES (2)")
                }
            }
            // PgBouncer hangs up: before the next statement or in it.
            #expect(lost?.code == .connectionLost || lost?.code == .connectionClosed)
            #expect(lost?.isTransient == true)
            #expect(try await pool.queryRow("SELECT count(*) FROM t").decode(Int.self) == 0)

            try await admin.execute(othersEnd)
            for _ in 0..<10 { #expect(try await pool.queryRow("SELECT count(*) FROM t").decode(Int.self) == 0) }
            await pool.close()
        }
    }

    @Test("start-up options are refused, and the error says which")
    func startupOptions() async throws {
        try await PgBouncer.with { bouncer in
            var configuration = try bouncer.configuration()
            configuration.lockTimeout = .seconds(2)
            let error = await postgresError { try await PostgresConnection.connect(configuration) }
            #expect(error?.code == .connectionFailed)
            #expect(error?.message.contains("unsupported startup parameter: options") == true)
        }
    }
}
