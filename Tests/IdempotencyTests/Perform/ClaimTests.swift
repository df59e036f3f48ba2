import FaultProxy
import HTTPTypes
import LibPQ
import TestSupport
import Testing

@testable import Idempotency

/// The table of claims in docs/protocol.md, row by row, against the server. "Another process" is a second engine on a pool of its own, so
/// that the ledger decides and not single flight.
@Suite("Claims", .timeLimit(.minutes(2)))
struct ClaimTests {
    let request = KeyedRequest()
    /// What a test waits out; a claim under a sanitizer must still fit into it.
    static let short = IdempotencyPolicy(waitBudget: .seconds(1))

    // MARK: Claimed, replay

    @Test("the first request runs the work; key, outcome and effect are there afterwards")
    func claimed() async throws {
        try await withPerformFixture { fixture in
            let performed = try await fixture.idempotency.pay(request)
            #expect(performed.disposition == .executed)
            #expect(performed.outcome.headers[.setCookie] == "session=1")
            #expect(try await fixture.effects() == 1)
            let row = try await fixture.observer.queryRow(
                """
                SELECT scope, status, fingerprint = \(request.fingerprint.bytes), body = \(performed.outcome.body),
                       extract(epoch FROM expires_at - created_at)::int
                FROM idempotency.keys
                """)
            let (scope, status, fingerprint, body, retention) = try row.decode((String, Int, Bool, Bool, Int).self)
            #expect(scope == "acme" && status == 201 && fingerprint && body)
            #expect(retention == 86_400)
        }
    }

    @Test("a retry replays status, fields and bytes, and does not run", arguments: [true, false])
    func replay(inThisProcess: Bool) async throws {
        try await withPerformFixture { fixture in
            let first = try await fixture.idempotency.pay(request)
            let engine = try inThisProcess ? fixture.idempotency : fixture.anotherProcess()
            for _ in 1...3 {
                let retry = try await engine.pay(request)
                #expect(retry.disposition == .replayed)
                #expect(retry.outcome == first.outcome.replayable)
                #expect(retry.outcome.headers[.setCookie] == nil)
                #expect(retry.outcome.headers[.location] == "/payments/1")
            }
            #expect(try await fixture.effects() == 1)
        }
    }

    @Test("the same key of another scope is another key")
    func scopes() async throws {
        try await withPerformFixture { fixture in
            let mine = try await fixture.idempotency.pay(request)
            let theirs = try await fixture.idempotency.pay(KeyedRequest(scope: "globex"))
            #expect(theirs.disposition == .executed)
            #expect(theirs.outcome != mine.outcome)
            #expect(try await fixture.effects() == 2)
        }
    }

    @Test("two scopes that differ in how an é is spelled have nothing to do with one another, also while both run")
    func canonicallyEquivalentScopes() async throws {
        try await withPerformFixture { fixture in
            let (one, two) = (KeyedRequest(scope: "caf\u{E9}"), KeyedRequest(scope: "cafe\u{301}"))
            #expect(one.scope == two.scope, "to Swift")
            let outer = try await fixture.idempotency.perform(one) { transaction in
                let inner = try await fixture.idempotency.pay(two)
                #expect(inner.disposition == .executed)
                return try await one.pay(transaction)
            }
            #expect(outer.disposition == .executed)
            #expect(try await fixture.effects() == 2)
            #expect(try await fixture.keys() == 2)
        }
    }

    // MARK: Mismatch

    @Test("Row 4: another fingerprint on a completed key is a mismatch; the stored outcome stays")
    func mismatchCompleted() async throws {
        try await withPerformFixture { fixture in
            let first = try await fixture.idempotency.pay(request)
            for engine in [fixture.idempotency, try fixture.anotherProcess()] {
                #expect(await idempotencyError { try await engine.pay(KeyedRequest(body: [2])) } == .mismatch)
            }
            #expect(try await fixture.effects() == 1)
            #expect(try await fixture.idempotency.pay(request).outcome == first.outcome.replayable)
        }
    }

    @Test("Row 4: another fingerprint while the key runs in this process waits, and is a mismatch when that commits")
    func mismatchInFlightHere() async throws {
        try await withPerformFixture { fixture in
            let waiting = try await whileRunning(on: fixture.idempotency) {
                let waiting = Task { try await fixture.idempotency.pay(KeyedRequest(body: [2])) }
                let key = FlightKey(scope: request.scope, keyID: KeyID(try IdempotencyKey(request.key)))
                try await waitUntil("it waits") { fixture.idempotency.singleFlight.waiterCount(for: key) == 1 }
                return waiting
            }
            #expect(await idempotencyError { try await waiting.value } == .mismatch)
            #expect(try await fixture.effects() == 1)
        }
    }

    @Test("Row 4: a repeated request gets its answer, also while a request that does not fit asks about the same key")
    func replayBehindMismatch() async throws {
        try await withPerformFixture { fixture in
            let first = try await fixture.idempotency.pay(request)
            // The one that does not fit has not been refused yet when the repeated request comes: it waits for the table.
            let meddler = try await fixture.database.connect()
            let lock = try await meddler.begin()
            try await lock.execute("LOCK TABLE idempotency.keys")
            async let other = idempotencyError { try await fixture.idempotency.pay(KeyedRequest(body: [2])) }
            try await fixture.database.waitForBlockedSessions()
            let again = Task { try await fixture.idempotency.pay(request) }
            let key = FlightKey(scope: request.scope, keyID: KeyID(try IdempotencyKey(request.key)))
            try? await waitUntil("the repeated request waits", deadline: .seconds(1)) {
                fixture.idempotency.singleFlight.waiterCount(for: key) == 1
            }
            await meddler.close()
            #expect(await other == .mismatch)
            let replay = try await again.value
            #expect(replay.disposition == .replayed)
            #expect(replay.outcome == first.outcome.replayable)
            #expect(try await fixture.effects() == 1)
        }
    }

    @Test("Row 4: another fingerprint while the key runs in another process waits, and is a mismatch when that commits")
    func mismatchInFlightElsewhere() async throws {
        try await withPerformFixture { fixture in
            let here = try fixture.anotherProcess()
            let waiting = try await whileRunning(on: fixture.idempotency) {
                let waiting = Task { try await here.pay(KeyedRequest(body: [2])) }
                try await fixture.database.waitForBlockedSessions()
                return waiting
            }
            #expect(await idempotencyError { try await waiting.value } == .mismatch)
            #expect(try await fixture.effects() == 1)
        }
    }

    @Test("Row 4: another fingerprint takes the key when the process that held it rolls back")
    func takesOverAfterRollback() async throws {
        try await withPerformFixture { fixture in
            let here = try fixture.anotherProcess()
            let other = KeyedRequest(body: [2])
            let waiting = Mailbox<Task<Performed, any Error>>()
            await #expect(throws: WorkFailure(number: 1)) {
                _ = try await fixture.idempotency.perform(request) { transaction in
                    _ = try await request.pay(transaction)
                    waiting.put(Task { try await here.pay(other) })
                    try await fixture.database.waitForBlockedSessions()
                    throw WorkFailure(number: 1)
                }
            }
            #expect(try await waiting.take().value.disposition == .executed)
            #expect(try await fixture.effects() == 1)
            #expect(await idempotencyError { try await fixture.idempotency.pay(request) } == .mismatch)
        }
    }

    // MARK: Expired

    @Test("Row 4: an expired key is claimed again, by the same request or another", arguments: [[1], [2]] as [[UInt8]])
    func reclaim(body: [UInt8]) async throws {
        try await withPerformFixture { fixture in
            let first = try await fixture.idempotency.pay(request)
            try await fixture.expireKeys()
            let again = KeyedRequest(body: body)
            let second = try await fixture.idempotency.pay(again)
            #expect(second.disposition == .executed)
            #expect(second.outcome != first.outcome)
            #expect(try await fixture.effects() == 2)
            #expect(try await fixture.keys() == 1)
            #expect(try await fixture.idempotency.pay(again).outcome == second.outcome.replayable)
            let isFresh = try await fixture.observer.queryRow(
                """
                SELECT expires_at > now() + interval '23 hours' AND created_at > now() - interval '1 hour'
                FROM idempotency.keys
                """)
            #expect(try isFresh.decode(Bool.self))
        }
    }

    @Test("a reclaim whose work throws leaves the expired row, and the next retry reclaims again")
    func reclaimRolledBack() async throws {
        try await withPerformFixture { fixture in
            _ = try await fixture.idempotency.pay(request)
            try await fixture.expireKeys()
            await #expect(throws: WorkFailure()) {
                _ = try await fixture.idempotency.perform(request) { transaction in
                    _ = try await request.pay(transaction)
                    throw WorkFailure()
                }
            }
            #expect(try await fixture.effects() == 1)
            #expect(try await fixture.idempotency.pay(request).disposition == .executed)
            #expect(try await fixture.effects() == 2)
        }
    }

    @Test("Row 5: of two processes that reclaim one key, one runs and the other replays it")
    func twoReclaims() async throws {
        try await withPerformFixture { fixture in
            let here = try fixture.anotherProcess()
            _ = try await fixture.idempotency.pay(request)
            try await fixture.expireKeys()
            let waiting = try await whileRunning(on: fixture.idempotency) {
                let waiting = Task { try await here.pay(request) }
                try await fixture.database.waitForBlockedSessions()
                return waiting
            }
            #expect(try await waiting.value.disposition == .replayed)
            #expect(try await fixture.effects() == 2)
        }
    }

    @Test("Row 5: a reclaim that waits while somebody else reclaims and completes the key replays that")
    func lostReclaim() async throws {
        try await withPerformFixture { fixture in
            _ = try await fixture.idempotency.pay(request)
            try await fixture.expireKeys()
            let late = try await fixture.observer.withTransaction { other in
                try await other.execute("SELECT FROM idempotency.keys FOR UPDATE")
                let late = Task { try await fixture.idempotency.pay(request) }
                // INSERT and SELECT have seen the expired row by now: only the guarded UPDATE waits for this lock.
                try await fixture.database.waitForBlockedSessions()
                try await other.execute(
                    "UPDATE idempotency.keys SET status = 202, body = 'theirs', expires_at = now() + interval '1 day'")
                return late
            }
            let performed = try await late.value
            #expect(performed.disposition == .replayed && performed.outcome.status == 202)
            #expect(try await fixture.effects() == 1)
        }
    }

    @Test("a reclaim that waits for a row lock keeps to the wait budget, whatever the pool's lock_timeout")
    func reclaimBudget() async throws {
        for lockTimeout in [Duration.seconds(60), nil] {
            try await withPerformFixture(policy: Self.short, configure: { $0.connection.lockTimeout = lockTimeout }) {
                fixture in
                _ = try await fixture.idempotency.pay(request)
                try await fixture.expireKeys()
                try await fixture.observer.withTransaction { purge in
                    // The purge's own look; neither INSERT nor SELECT of the claim waits for it.
                    try await purge.execute("SELECT FROM idempotency.keys FOR UPDATE")
                    #expect(await idempotencyError { try await fixture.idempotency.pay(request) } == .inFlight)
                }
                #expect(try await fixture.idempotency.pay(request).disposition == .executed)
                #expect(try await fixture.effects() == 2)
            }
        }
    }

    // MARK: Neither

    /// Stops a claim between its INSERT and its SELECT: the trigger runs after an INSERT that inserted nothing, too.
    private func stopAfterInsert(_ fixture: PerformFixture) async throws {
        try await fixture.observer.execute(
            """
            CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NULL; END $$
            """)
        try await fixture.observer.execute(
            "CREATE TRIGGER stop AFTER INSERT ON idempotency.keys FOR EACH STATEMENT EXECUTE FUNCTION stop()")
    }

    @Test("Row 3: a key that is purged between INSERT and SELECT is claimed from the start")
    func purgedInBetween() async throws {
        try await withPerformFixture { fixture in
            _ = try await fixture.idempotency.pay(request)
            try await stopAfterInsert(fixture)
            let meddler = try await fixture.database.connect()
            try await meddler.execute("SELECT pg_advisory_lock(1)")
            let retry = Task { try await fixture.idempotency.pay(request) }
            try await fixture.database.waitForBlockedSessions()
            try await meddler.execute("DELETE FROM idempotency.keys")
            try await meddler.execute("SELECT pg_advisory_unlock(1)")
            #expect(try await retry.value.disposition == .executed)
            await meddler.close()
            #expect(try await fixture.effects() == 2)
            #expect(try await fixture.keys() == 1)
        }
    }

    @Test("Row 5: a key that is purged under a waiting reclaim is claimed from the start")
    func purgedUnderReclaim() async throws {
        try await withPerformFixture { fixture in
            _ = try await fixture.idempotency.pay(request)
            try await fixture.expireKeys()
            let performed = try await fixture.observer.withTransaction { purge in
                try await purge.execute("DELETE FROM idempotency.keys")
                let retry = Task { try await fixture.idempotency.pay(request) }
                try await fixture.database.waitForBlockedSessions()
                return retry
            }.value
            #expect(performed.disposition == .executed)
            #expect(try await fixture.effects() == 2)
            #expect(try await fixture.keys() == 1)
        }
    }

    @Test("Row 3: a key that goes away each time is given up after three new starts, without effect")
    func givesUp() async throws {
        try await withPerformFixture { fixture in
            _ = try await fixture.idempotency.pay(request)
            try await fixture.observer.execute("CREATE SEQUENCE claims")
            // Takes the row away from this transaction's SELECT; ROLLBACK brings it back for the next.
            try await fixture.observer.execute(
                """
                CREATE FUNCTION vanish() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN PERFORM nextval('claims'); DELETE FROM idempotency.keys; RETURN NULL; END $$
                """)
            try await fixture.observer.execute(
                "CREATE TRIGGER vanish AFTER INSERT ON idempotency.keys FOR EACH STATEMENT EXECUTE FUNCTION vanish()")
            #expect(await idempotencyError { try await fixture.idempotency.pay(request) } == .unavailable)
            let claims = try await fixture.observer.queryRow("SELECT last_value FROM claims").decode(Int.self)
            #expect(claims == 4)
            #expect(try await fixture.effects() == 1)
            #expect(try await fixture.keys() == 1)
        }
    }

    @Test("Row 3: a commit of another process between INSERT's wait and SELECT is replayed")
    func committedInBetween() async throws {
        try await withPerformFixture { fixture in
            let here = try fixture.anotherProcess()
            let waiting = try await whileRunning(on: fixture.idempotency) {
                let waiting = Task { try await here.pay(request) }
                try await fixture.database.waitForBlockedSessions()
                return waiting
            }
            let retry = try await waiting.value
            #expect(retry.disposition == .replayed)
            #expect(retry.outcome.body == Array("payment 1".utf8))
            #expect(try await fixture.effects() == 1)
        }
    }

    @Test("Row 3: a duplicate that has waited for another process looks in the transaction in which it waited")
    func looksAfterWaiting() async throws {
        try await withPerformFixture { fixture in
            let proxy = try FaultProxy(to: fixture.database.url)
            defer { proxy.close() }
            let flushes = Counter()
            proxy.setRule { passage in
                if passage.moment == .beforeRequest, passage.statement.hasPrefix("BEGIN") { flushes.increment() }
                return nil
            }
            let pool = PostgresPool(
                configuration: try PostgresPool.Configuration(url: proxy.url), logger: PerformFixture.quiet)
            let here = Idempotency(pool: pool, logger: PerformFixture.quiet)
            let waiting = try await whileRunning(on: fixture.idempotency) {
                let waiting = Task { try await here.pay(request) }
                try await fixture.database.waitForBlockedSessions()
                return waiting
            }
            #expect(try await waiting.value.disposition == .replayed)
            #expect(flushes.value == 1)
            await pool.close()
        }
    }

    // MARK: 55P03, 40001, 40P01

    @Test("Row 2: in flight elsewhere past the budget: told so, no effect, connection usable at once")
    func inFlight() async throws {
        try await withPerformFixture { fixture in
            let here = try fixture.anotherProcess(connections: 1, policy: Self.short)
            try await whileRunning(on: fixture.idempotency) {
                #expect(await idempotencyError { try await here.pay(request) } == .inFlight)
                let other = try await here.pay(KeyedRequest(key: "order-18"))
                #expect(other.disposition == .executed)
            }
            #expect(try await here.pay(request).disposition == .replayed)
            #expect(try await fixture.effects() == 2)
        }
    }

    @Test("Row 2: in flight elsewhere past a statement_timeout that is shorter than the budget: told so")
    func statementTimeout() async throws {
        try await withPerformFixture { fixture in
            let here = try fixture.anotherProcess { $0.connection.statementTimeout = .milliseconds(100) }
            try await whileRunning(on: fixture.idempotency) {
                #expect(await idempotencyError { try await here.pay(request) } == .inFlight)
            }
            #expect(try await fixture.effects() == 1)
        }
    }

    @Test("Row 2: a wait budget of zero rejects a duplicate at once, here and across processes")
    func rejects() async throws {
        let reject = IdempotencyPolicy(waitBudget: .zero)
        try await withPerformFixture(policy: reject) { fixture in
            let here = try fixture.anotherProcess()
            try await whileRunning(on: fixture.idempotency) {
                for engine in [here, fixture.idempotency] {
                    #expect(await idempotencyError { try await engine.pay(request) } == .inFlight)
                }
            }
            #expect(try await here.pay(request).disposition == .replayed)
        }
    }

    @Test("the claim's budget does not become the lock_timeout of the work's own statements")
    func lockTimeoutOfWork() async throws {
        let policy = IdempotencyPolicy(waitBudget: .milliseconds(1500))
        try await withPerformFixture(policy: policy, configure: { $0.connection.lockTimeout = .seconds(2) }) {
            fixture in
            let performed = try await fixture.idempotency.perform(request) { transaction in
                let setting = try await transaction.queryRow("SHOW lock_timeout").decode(String.self)
                return Outcome(status: 200, body: Array(setting.utf8))
            }
            #expect(performed.outcome.body == Array("2s".utf8))
        }
    }

    @Test("a conflict in the claim itself starts over", arguments: ["40001", "40P01"])
    func conflictInClaim(sqlState: String) async throws {
        try await withPerformFixture { fixture in
            try await fixture.failOnce(sqlState, "BEFORE INSERT ON idempotency.keys FOR EACH STATEMENT")
            #expect(try await fixture.idempotency.pay(request).disposition == .executed)
            #expect(try await fixture.effects() == 1)
        }
    }

    @Test("any other error of the claim comes out as it is, and nothing runs")
    func otherError() async throws {
        try await withPerformFixture { fixture in
            try await fixture.observer.execute("DROP TABLE idempotency.keys")
            let error = await postgresError { try await fixture.idempotency.pay(request) }
            #expect(error?.sqlState == .undefinedTable)
            #expect(try await fixture.effects() == 0)
        }
    }

    @Test("a committed row without outcome is reported, and the work does not run")
    func damaged() async throws {
        try await withPerformFixture { fixture in
            _ = try await fixture.idempotency.pay(request)
            try await fixture.observer.execute("UPDATE idempotency.keys SET status = NULL")
            #expect(await idempotencyError { try await fixture.idempotency.pay(request) } == .damagedOutcome)
            #expect(try await fixture.effects() == 1)
        }
    }

    /// Runs the request's work on an engine, and the body while the transaction is open and has written.
    @discardableResult
    private func whileRunning<T: Sendable>(
        on engine: Idempotency, _ body: () async throws -> T
    ) async throws -> T {
        let gate = Gate()
        let running = Gate()
        let request = request
        let first = Task {
            try await engine.perform(request) { transaction in
                let outcome = try await request.pay(transaction)
                running.open()
                try await gate.pass()
                return outcome
            }
        }
        let value: T
        do {
            try await running.pass()
            value = try await body()
        } catch {
            gate.open()
            _ = await first.result
            throw error
        }
        gate.open()
        #expect(try await first.value.disposition == .executed)
        return value
    }
}
