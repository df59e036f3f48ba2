import HTTPTypes
import LibPQ
import TestSupport
import Testing

@testable import Idempotency

/// 40001, 40P01, 55P03 and 57014 in the work and at COMMIT, and a COMMIT that is not one.
@Suite("Conflicts", .timeLimit(.minutes(2)))
struct ConflictTests {
    let request = KeyedRequest()

    static let atInsert = "BEFORE INSERT ON effects FOR EACH ROW"
    static let atCommit = "AFTER INSERT ON effects DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"

    @Test(
        "Row 7: a conflict in the work or at COMMIT runs the unit again: one effect", arguments: ["40001", "40P01"],
        [atInsert, atCommit])
    func rerun(sqlState: String, event: String) async throws {
        try await withPerformFixture { fixture in
            try await fixture.failOnce(sqlState, times: 2, event)
            let runs = Counter()
            let performed = try await fixture.idempotency.perform(request) { transaction in
                runs.increment()
                return try await request.pay(transaction)
            }
            #expect(runs.value == 3)
            #expect(performed.disposition == .executed)
            #expect(try await fixture.effects() == 1)
            #expect(try await fixture.idempotency.pay(request).outcome == performed.outcome.replayable)
        }
    }

    @Test(
        "Row 7: reruns end where the policy says, with unavailable, without effect, with the key free",
        arguments: [atInsert, atCommit])
    func exhausted(event: String) async throws {
        let policy = IdempotencyPolicy(maximumReruns: 2)
        try await withPerformFixture(policy: policy) { fixture async throws in
            try await fixture.failOnce("40001", times: 3, event)
            let runs = Counter()
            func attempt() async throws -> Performed {
                try await fixture.idempotency.perform(request) { transaction in
                    runs.increment()
                    return try await request.pay(transaction)
                }
            }
            if event == Self.atCommit {
                #expect(await idempotencyError { try await attempt() } == .unavailable)
            } else {
                // The work threw it, so it is the work's error, unwrapped.
                #expect(await postgresError { try await attempt() }?.sqlState == .serializationFailure)
            }
            #expect(runs.value == 3)
            #expect(try await fixture.isUntouched())
            #expect(try await attempt().disposition == .executed)
        }
    }

    @Test("Row 7: work that catches a conflict and answers is run again all the same; in the end it is refused")
    func caught() async throws {
        for (times, reruns) in [(1, 3), (9, 1)] {
            try await withPerformFixture(policy: IdempotencyPolicy(maximumReruns: reruns)) { fixture async throws in
                try await fixture.failOnce("40001", times: times, Self.atInsert)
                let code = await idempotencyError {
                    try await fixture.idempotency.perform(request) { transaction in
                        (try? await request.pay(transaction)) ?? Outcome(status: 200)
                    }
                }
                #expect(code == (times == 1 ? nil : .unavailable))
                #expect(try await fixture.effects() == (times == 1 ? 1 : 0))
                #expect(try await fixture.keys() == (times == 1 ? 1 : 0))
            }
        }
    }

    @Test("Row 7: a final error concluded from a conflict is not stored: the unit runs again")
    func finalFromConflict() async throws {
        try await withPerformFixture { fixture in
            try await fixture.failOnce("40001", Self.atInsert)
            let performed = try await fixture.idempotency.perform(
                request, finalOutcome: { _ in Outcome(status: 409) }
            ) { try await request.pay($0) }
            #expect(performed.outcome.status == 201)
            #expect(try await fixture.effects() == 1)
        }
    }

    @Test("Row 7: of two units in a deadlock the victim runs again: each has one effect")
    func deadlock() async throws {
        try await withPerformFixture { fixture in
            try await fixture.observer.execute("CREATE TABLE accounts (id int PRIMARY KEY, balance int)")
            try await fixture.observer.execute("INSERT INTO accounts VALUES (1, 100), (2, 100)")
            let runs = Counter()
            let firstLocked = [Gate(), Gate()]
            @Sendable func transfer(from: Int, to: Int) async throws -> Performed {
                let request = KeyedRequest(key: "transfer-\(from)")
                return try await fixture.idempotency.perform(request) { transaction in
                    runs.increment()
                    try await transaction.execute("UPDATE accounts SET balance = balance - 10 WHERE id = \(from)")
                    firstLocked[from - 1].open()
                    try await firstLocked[to - 1].pass()
                    try await transaction.execute("UPDATE accounts SET balance = balance + 10 WHERE id = \(to)")
                    return try await request.pay(transaction)
                }
            }
            async let one = transfer(from: 1, to: 2)
            async let two = transfer(from: 2, to: 1)
            let dispositions = try await [one.disposition, two.disposition]
            #expect(dispositions == [.executed, .executed])
            // 3, or more when the victim is back before the other one has got the lock that it waited for.
            #expect(runs.value >= 3)
            #expect(try await fixture.effects() == 2)
            let balances = try await fixture.observer.query("SELECT balance FROM accounts").decode(Int.self)
            #expect(balances == [100, 100])
        }
    }

    @Test("Row 7: a lock that the work waited for in vain is the work's error; the key is free")
    func lockNotAvailable() async throws {
        try await withPerformFixture(
            policy: IdempotencyPolicy(waitBudget: .milliseconds(100)),
            configure: { $0.connection.lockTimeout = .milliseconds(100) }
        ) { fixture in
            try await fixture.observer.withTransaction { blocker in
                try await blocker.execute("LOCK TABLE effects")
                let error = await postgresError { try await fixture.idempotency.pay(request) }
                #expect(error?.sqlState == .lockNotAvailable)
            }
            #expect(try await fixture.keys() == 0)
            #expect(try await fixture.idempotency.pay(request).disposition == .executed)
        }
    }

    @Test("Row 7: a final error that was concluded from a lock that was taken is not kept")
    func finalErrorFromLock() async throws {
        try await withPerformFixture { fixture async throws in
            try await fixture.observer.withTransaction { blocker in
                try await blocker.execute("LOCK TABLE effects")
                await #expect(throws: WorkFailure(number: 409)) {
                    try await fixture.idempotency.perform(request, finalOutcome: { _ in Outcome(status: 409) }) {
                        do {
                            try await $0.execute("LOCK TABLE effects NOWAIT")
                        } catch {
                            throw WorkFailure(number: 409)
                        }
                        return try await request.pay($0)
                    }
                }
            }
            #expect(try await fixture.keys() == 0)
            #expect(try await fixture.idempotency.pay(request).disposition == .executed)
        }
    }

    @Test("Row 7: a cancelled statement is the work's error; the key is free")
    func queryCanceled() async throws {
        try await withPerformFixture { fixture async throws in
            let error = await postgresError {
                try await fixture.idempotency.perform(request) { transaction in
                    let outcome = try await request.pay(transaction)
                    try await transaction.execute("SET LOCAL statement_timeout = 20")
                    try await transaction.execute("SELECT pg_sleep(60)")
                    return outcome
                }
            }
            #expect(error?.sqlState == .queryCanceled)
            #expect(try await fixture.isUntouched())
            #expect(try await fixture.idempotency.pay(request).disposition == .executed)
        }
    }

    // MARK: COMMIT

    @Test("Row 10: a deferred constraint that fails at COMMIT: the database's error, nothing stored, the key free")
    func deferredConstraint() async throws {
        try await withPerformFixture { fixture async throws in
            try await fixture.observer.execute(
                "ALTER TABLE effects ADD CONSTRAINT once UNIQUE (name) DEFERRABLE INITIALLY DEFERRED")
            let error = await postgresError {
                try await fixture.idempotency.perform(request) { transaction in
                    _ = try await request.pay(transaction)
                    return try await request.pay(transaction)
                }
            }
            #expect(error?.code == .server && error?.sqlState == .uniqueViolation && error?.constraint == "once")
            #expect(try await fixture.isUntouched())
            #expect(try await fixture.idempotency.pay(request).disposition == .executed)
        }
    }

    @Test("Row 10: a COMMIT that comes with a warning is looked up before it is believed: executed, one effect")
    func warningAtCommit() async throws {
        try await withPerformFixture(connections: 2) { fixture in
            try await fixture.observer.execute(
                """
                CREATE FUNCTION warn() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN RAISE WARNING 'canceling wait for synchronous replication'; RETURN NULL; END $$
                """)
            try await fixture.observer.execute(
                "CREATE CONSTRAINT TRIGGER warn \(unescaped: Self.atCommit) EXECUTE FUNCTION warn()")
            let backends = Mailbox<Int>()
            let performed = try await fixture.idempotency.perform(request) { transaction in
                let backend = try await transaction.queryRow("SELECT pg_backend_pid()").decode(Int.self)
                backends.put(backend)
                return try await request.pay(transaction)
            }
            #expect(performed.disposition == .executed)
            #expect(performed.outcome.headers[.setCookie] == "session=1")
            #expect(try await fixture.effects() == 1)
            // That it was looked up shows: a connection of which COMMIT is not known is not used again.
            let old = try backends.take()
            try await waitUntil("the connection is gone") {
                try await fixture.observer.queryRow("SELECT count(*) FROM pg_stat_activity WHERE pid = \(old)")
                    .decode(Int.self) == 0
            }
            #expect(try await fixture.idempotency.pay(request).disposition == .replayed)
        }
    }
}
