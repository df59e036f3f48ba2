import FaultProxy
import TestSupport
import Testing

@testable import LibPQ

/// Faults injected at COMMIT on purpose.
@Suite("When COMMIT meets a fault", .serialized, .timeLimit(.minutes(1)))
struct CommitFaultTests {
    private func withTable(_ body: (TestDatabase, FaultProxy, PostgresConnection) async throws -> Void) async throws {
        try await withTestDatabase { database in
            try await database.pool.execute("CREATE TABLE t (id int PRIMARY KEY)")
            try await database.withProxy { proxy in
                try await body(database, proxy, try await database.connect(through: proxy))
            }
        }
    }

    private func count(_ database: TestDatabase) async throws -> Int {
        try await database.pool.queryRow("SELECT count(*) FROM t").decode(Int.self)
    }

    /// The old session decides alone whether the transaction is committed: wait until it is gone.
    private func waitForEnd(of backend: Int32, _ database: TestDatabase) async throws {
        try await waitUntil("session \(backend) is gone") {
            try await database.pool.queryRow("SELECT count(*) FROM pg_stat_activity WHERE pid = \(backend)")
                .decode(Int.self) == 0
        }
    }

    @Test(
        "its end is unknown, whether the request, the answer or nothing at all got lost",
        arguments: [
            (.close, .beforeRequest, false), (.close, .afterRequest, true), (.close, .beforeAnswer, true),
            (.reset, .beforeRequest, false), (.reset, .beforeAnswer, true), (.truncate, .beforeAnswer, true),
            (.freeze, .beforeRequest, false), (.freeze, .afterRequest, true), (.freeze, .beforeAnswer, true),
            (.swallow, .beforeRequest, false), (.swallow, .beforeAnswer, true),
        ] as [(Fault, Passage.Moment, Bool)])
    func unknown(fault: Fault, moment: Passage.Moment, commits: Bool) async throws {
        try await withTable { database, proxy, connection in
            let backend = await connection.backendProcessID
            proxy.inject(fault, at: .commit(moment))
            let start = ContinuousClock.now
            let error = await postgresError {
                try await connection.withTransaction { try await $0.execute("INSERT INTO t VALUES (1)") }
            }
            #expect(error?.code == .commitUnknown)
            #expect(proxy.fired == 1)
            #expect(await connection.isClosed)
            #expect(ContinuousClock.now - start < .seconds(30), "commitTimeout is 1 s")
            proxy.close()
            try await waitForEnd(of: backend, database)
            #expect(try await count(database) == (commits ? 1 : 0))
        }
    }

    @Test("with statements in the same flush, the end is unknown, too")
    func unknownInOneFlush() async throws {
        try await withTable { database, proxy, connection in
            proxy.inject(.close, at: .commit(.beforeAnswer))
            let transaction = try await connection.begin()
            let error = await postgresError {
                try await connection.commit(transaction, after: ["INSERT INTO t VALUES (1)"])
            }
            #expect(error?.code == .commitUnknown)
            #expect(try await count(database) == 1)
        }
    }

    @Test(
        "a session that is terminated in COMMIT leaves it unknown, and so does closing the connection, which lets it happen",
        arguments: [false, true])
    func terminated(closes: Bool) async throws {
        try await withTable { database, _, _ in
            let connection = try await database.connect()
            try await connection.execute(
                """
                CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql
                AS 'BEGIN PERFORM pg_advisory_xact_lock(5); RETURN NULL; END'
                """)
            try await connection.execute(
                """
                CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION wait()
                """)
            let backend = await connection.backendProcessID
            try await database.pool.withTransaction { holder in
                try await holder.execute("SELECT pg_advisory_xact_lock(5)")
                async let ending = postgresError {
                    try await connection.withTransaction { try await $0.execute("INSERT INTO t VALUES (1)") }
                }
                try await database.waitForBlockedSessions()
                if closes { await connection.close() } else { try await database.terminate(backend) }
                let error = await ending
                #expect(error?.code == .commitUnknown)
                #expect(error?.sqlState == (closes ? nil : .adminShutdown))
            }
            try await waitForEnd(of: backend, database)
            #expect(try await count(database) == (closes ? 1 : 0))
        }
    }

    @Test("ROLLBACK into a frozen network ends in time, and the body's error comes out")
    func frozenRollback() async throws {
        struct Refused: Error {}
        try await withTable { database, proxy, connection in
            let start = ContinuousClock.now
            await #expect(throws: Refused.self) {
                try await connection.withTransaction { transaction in
                    try await transaction.execute("INSERT INTO t VALUES (1)")
                    proxy.inject(.freeze, at: FaultPoint(.beforeRequest, "ROLLBACK"))
                    throw Refused()
                }
            }
            #expect(ContinuousClock.now - start < .seconds(30))
            #expect(await connection.isClosed)
            #expect(proxy.fired == 1)
        }
    }
}
