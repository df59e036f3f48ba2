import EmbeddedPostgres
import FaultProxy
import HTTPTypes
import LibPQ
import SQLMigrations
import TestSupport
import Testing

@testable import Idempotency

/// The server's end of the connection dies (fault 9): one backend, or all of it.
@Suite("Faults of the server", .timeLimit(.minutes(3)))
struct BackendFaultTests {
    let request = KeyedRequest()

    @Test("backends that were terminated while idle: the next request does not notice")
    func idle() async throws {
        try await withPerformFixture(connections: 2) { fixture in
            _ = try await fixture.idempotency.pay(KeyedRequest(key: "warm-up"))
            try await fixture.terminateBackends("state = 'idle'")
            #expect(try await fixture.idempotency.pay(request).disposition == .executed)
            #expect(try await fixture.effects() == 2)
        }
    }

    @Test("a backend terminated in the work, noticed by a statement: the work's error, no effect, key free")
    func inWork() async throws {
        try await withPerformFixture { fixture async throws in
            let error = await postgresError {
                try await fixture.idempotency.perform(request) { transaction in
                    let outcome = try await request.pay(transaction)
                    try await fixture.terminateBackends("state = 'idle in transaction'")
                    try await transaction.execute("SELECT 1")
                    return outcome
                }
            }
            #expect(error?.isTransient == true)
            #expect(try await fixture.isUntouched())
            #expect(try await fixture.idempotency.pay(request).disposition == .executed)
        }
    }

    @Test("a backend terminated in the work, noticed by nobody before the end: no answer without its effect")
    func inWorkUnnoticed() async throws {
        try await withPerformFixture { fixture in
            let runs = Counter()
            do {
                let performed = try await fixture.idempotency.perform(request) { transaction in
                    let outcome = try await request.pay(transaction)
                    if runs.increment() == 1 { try await fixture.terminateBackends("state = 'idle in transaction'") }
                    return outcome
                }
                // COMMIT found out; claiming again proved that nothing was there, and the work ran again.
                #expect(performed.disposition == .executed && runs.value == 2)
                #expect(try await fixture.effects() == 1)
            } catch let error as IdempotencyError {
                // The connection had been seen to end before COMMIT.
                #expect(error.code == .unavailable && runs.value == 1)
                #expect(try await fixture.isUntouched())
            }
            _ = try await fixture.idempotency.pay(request)
            #expect(try await fixture.effects() == 1)
        }
    }

    @Test("a backend terminated inside COMMIT: resolved, one effect")
    func inCommit() async throws {
        try await withPerformFixture { fixture in
            // The first COMMIT terminates itself; interrupts are served before the transaction is committed.
            try await fixture.observer.execute("CREATE SEQUENCE commits")
            try await fixture.observer.execute(
                """
                CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                  IF nextval('commits') = 1 THEN
                    PERFORM pg_terminate_backend(pg_backend_pid());
                  END IF;
                  RETURN NULL;
                END $$
                """)
            try await fixture.observer.execute(
                "CREATE CONSTRAINT TRIGGER die \(unescaped: ConflictTests.atCommit) EXECUTE FUNCTION die()")
            let performed = try await fixture.idempotency.pay(request)
            #expect(performed.disposition == .executed)
            #expect(performed.outcome.headers[.setCookie] != nil)
            #expect(try await fixture.effects() == 1)
            #expect(try await fixture.idempotency.pay(request).outcome == performed.outcome.replayable)
        }
    }

    @Test(
        "the server killed and restarted, or shut down fast, in the work: nothing is left, and the service goes on",
        arguments: [true, false])
    func restart(killed: Bool) async throws {
        let server = try await EmbeddedPostgres.start(.temporary, logger: PerformFixture.quiet)
        let connection = try await PostgresConnection.connect(PostgresConnection.Configuration(url: server.url))
        _ = try await Migrator(set: .idempotency).up(on: connection)
        try await connection.execute(
            "CREATE TABLE effects (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL)")
        await connection.close()
        let pool = PostgresPool(
            configuration: try PostgresPool.Configuration(url: server.url), logger: PerformFixture.quiet)
        let engine = Idempotency(pool: pool, logger: PerformFixture.quiet)

        let kept = try await engine.pay(KeyedRequest(key: "before"))
        let runs = Counter()
        func attempt() async throws -> Performed {
            try await engine.perform(request) { transaction in
                let outcome = try await request.pay(transaction)
                if runs.increment() == 1 {
                    if killed { try await server.kill() }
                    try await server.restart()
                }
                return outcome
            }
        }
        // Whether the lost connection is seen before COMMIT or by it decides who runs the work again: the client or the engine.
        let first = await idempotencyError { try await attempt() }
        #expect(first == nil || first == .unavailable)
        let second = try await attempt()
        #expect(second.disposition == (first == nil ? .replayed : .executed))
        #expect(runs.value == 2)
        #expect(try await engine.pay(KeyedRequest(key: "before")).outcome == kept.outcome.replayable)
        let counts = try await pool.queryRow("SELECT count(*), (SELECT count(*) FROM idempotency.keys) FROM effects")
        #expect(try counts.decode((Int, Int).self) == (2, 2))
        await pool.close()
        try await server.stop(.immediate)
    }

    @Test("no server: unavailable, and the work does not run")
    func away() async throws {
        try await withPerformFixture { fixture in
            let proxy = try FaultProxy(to: fixture.database.url)
            defer { proxy.close() }
            proxy.goAway()
            let pool = PostgresPool(
                configuration: try PostgresPool.Configuration(url: proxy.url), logger: PerformFixture.quiet)
            let engine = Idempotency(pool: pool, logger: PerformFixture.quiet)
            let runs = Counter()
            let code = await idempotencyError {
                try await engine.perform(request) { transaction in
                    runs.increment()
                    return try await request.pay(transaction)
                }
            }
            #expect(code == .unavailable && runs.value == 0)
            proxy.comeBack()
            #expect(try await engine.pay(request).disposition == .executed)
            await pool.close()
        }
    }
}

extension PerformFixture {
    /// Terminates the other backends of this database that match, and waits until they are gone.
    fileprivate func terminateBackends(_ condition: String) async throws {
        let backends = try await observer.query(
            """
            SELECT pid FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid() AND \(unescaped: condition)
            """
        ).decode(Int.self)
        try await observer.execute(
            "SELECT pg_terminate_backend(pid::int) FROM unnest(\(backends)) AS pid WHERE pid::int <> pg_backend_pid()")
        try await waitUntil("the backends are gone") {
            try await observer.queryRow(
                "SELECT count(*) FROM pg_stat_activity WHERE pid = ANY (\(backends)) AND pid <> pg_backend_pid()"
            ).decode(Int.self) == 0
        }
    }
}
