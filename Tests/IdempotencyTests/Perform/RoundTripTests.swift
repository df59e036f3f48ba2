import LibPQ
import TestSupport
import Testing

@testable import Idempotency

/// What the protocol costs: counted on the connection.
@Suite("Round trips", .timeLimit(.minutes(1)))
struct RoundTripTests {
    let request = KeyedRequest()

    /// What the only connection of the fixture's pool has done so far.
    private func statistics(_ database: PostgresPool) async throws -> PostgresConnection.Statistics {
        try await database.withConnection { await $0.statistics }
    }

    private func cost(
        of pool: PostgresPool, _ body: () async throws -> Void
    ) async throws -> (flushes: Int, statements: Int, commits: Int) {
        let before = try await statistics(pool)
        try await body()
        let after = try await statistics(pool)
        #expect(after.syncs - before.syncs == after.flushes - before.flushes)
        return (
            after.flushes - before.flushes, after.statements - before.statements, after.commits - before.commits
        )
    }

    @Test("a first request adds no round trip and no commit to the work's own transaction", arguments: [0, 1, 3])
    func first(statements: Int) async throws {
        try await withPerformFixture(connections: 1) { fixture in
            let pool = try fixture.database.makePool(of: 1)
            let engine = Idempotency(pool: pool, logger: PerformFixture.quiet)
            _ = try await engine.pay(KeyedRequest(key: "warm-up"))
            let protected = try await cost(of: pool) {
                _ = try await engine.perform(request) { transaction in
                    for _ in 0..<statements { try await transaction.execute("INSERT INTO effects (name) VALUES ('a')") }
                    return Outcome(status: 201)
                }
            }
            #expect(protected.flushes == statements + 2)
            #expect(protected.commits == 1)
            // BEGIN, INSERT, SELECT; UPDATE, COMMIT. No SET LOCAL: the budget is the connection's lock_timeout.
            #expect(protected.statements == statements + 5)

            // What the same work costs when BEGIN and COMMIT are round trips of their own, as they are by hand.
            let plain = try await cost(of: pool) {
                try await pool.withTransaction { transaction in
                    try await transaction.execute("SELECT 1")  // carries BEGIN
                    for _ in 0..<statements { try await transaction.execute("INSERT INTO effects (name) VALUES ('a')") }
                }
            }
            #expect(plain.flushes == protected.flushes)
            #expect(plain.commits == protected.commits)
        }
    }

    @Test("a replay is one round trip before the answer, with no commit, and its ROLLBACK afterwards")
    func replay() async throws {
        try await withPerformFixture(connections: 1) { fixture in
            let pool = try fixture.database.makePool(of: 1)
            let engine = Idempotency(pool: pool, logger: PerformFixture.quiet)
            _ = try await engine.pay(request)
            let replay = try await cost(of: pool) { _ = try await engine.pay(request) }
            #expect(replay.flushes == 2)  // the second is ROLLBACK, for which nobody waits: see "Faults on the wire"
            #expect(replay.statements == 4)  // BEGIN, INSERT, SELECT, ROLLBACK
            #expect(replay.commits == 0)
        }
    }

    @Test("a budget of its own costs two statements more and no round trip")
    func otherBudget() async throws {
        try await withPerformFixture(connections: 1) { fixture in
            let pool = try fixture.database.makePool(of: 1)
            let engine = Idempotency(
                pool: pool, policy: IdempotencyPolicy(waitBudget: .seconds(1)), logger: PerformFixture.quiet)
            _ = try await engine.pay(KeyedRequest(key: "warm-up"))
            let cost = try await cost(of: pool) { _ = try await engine.pay(request) }
            #expect(cost.flushes == 3 && cost.statements == 8 && cost.commits == 1)
        }
    }

    @Test("the work's statements run in the claim's transaction, on its connection")
    func oneConnection() async throws {
        try await withPerformFixture(connections: 1) { fixture in
            let performed = try await fixture.idempotency.perform(request) { transaction in
                let flushes = await transaction.connection.statistics.flushes
                let row = try await transaction.queryRow(
                    "SELECT count(*) FROM idempotency.keys WHERE status IS NULL AND xmin = pg_current_xact_id()::xid")
                #expect(try row.decode(Int.self) == 1)
                #expect(await transaction.connection.statistics.flushes == flushes + 1)
                return Outcome(status: 201)
            }
            #expect(performed.disposition == .executed)
        }
    }

    @Test("a replay writes nothing: no transaction id, no byte of WAL")
    func replayWritesNothing() async throws {
        try await withPerformFixture(connections: 1) { fixture in
            _ = try await fixture.idempotency.pay(request)
            // The next id tells of every transaction of the whole server, so other tests may disturb one try, not ten.
            var quiet = 0
            let look: PostgresQuery =
                "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint, pg_current_wal_insert_lsn()::text"
            for _ in 1...200 where quiet == 0 {
                let before = try await fixture.observer.queryRow(look).decode((Int, String).self)
                for _ in 1...3 { _ = try await fixture.idempotency.pay(request) }
                let after = try await fixture.observer.queryRow(look).decode((Int, String).self)
                if before == after { quiet += 1 }
            }
            #expect(quiet == 1)
        }
    }
}
