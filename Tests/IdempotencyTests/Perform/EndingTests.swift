import HTTPTypes
import LibPQ
import TestSupport
import Testing

@testable import Idempotency

/// The table of endings in docs/protocol.md, and what the work may not do, against the server.
@Suite("Endings", .timeLimit(.minutes(2)))
struct EndingTests {
    let request = KeyedRequest()

    /// Calls a number of `WorkFailure` a status.
    @Sendable static func finalOutcome(_ error: any Error) -> Outcome? {
        switch error {
        case let error as WorkFailure:
            Outcome(status: error.number, headers: [.setCookie: "a"], body: [UInt8]("no".utf8))
        case let error as PostgresError where error.sqlState == .uniqueViolation: Outcome(status: 409)
        default: nil
        }
    }

    func fail(_ engine: Idempotency, _ request: KeyedRequest? = nil, number: Int = 402, runs: Counter = Counter())
        async throws -> Performed
    {
        let request = request ?? self.request
        return try await engine.perform(request, finalOutcome: Self.finalOutcome) { transaction in
            runs.increment()
            _ = try await request.pay(transaction)
            throw WorkFailure(number: number)
        }
    }

    // MARK: An answer below 500

    @Test("key, outcome and effect are written by one transaction")
    func oneTransaction() async throws {
        try await withPerformFixture { fixture in
            _ = try await fixture.idempotency.pay(request)
            let same = try await fixture.observer.queryRow(
                "SELECT e.xmin = k.xmin, e.xmin::text::bigint > 0 FROM effects e, idempotency.keys k")
            #expect(try same.decode((Bool, Bool).self) == (true, true))
        }
    }

    @Test(
        "a returned answer below 500 is stored with its writes, errors of the client included",
        arguments: [200, 404, 499])
    func returned(status: Int) async throws {
        try await withPerformFixture { fixture in
            let performed = try await fixture.idempotency.perform(request) { transaction in
                _ = try await request.pay(transaction)
                return Outcome(status: status)
            }
            #expect(performed.disposition == .executed)
            let retry = try await fixture.idempotency.pay(request)
            #expect(retry.disposition == .replayed && retry.outcome.status == status)
            #expect(try await fixture.effects() == 1)
        }
    }

    // MARK: A final error

    @Test("a final error is stored and replayed, its writes are undone")
    func final() async throws {
        try await withPerformFixture { fixture in
            let first = try await fail(fixture.idempotency)
            #expect(first.disposition == .executed && first.outcome.status == 402)
            #expect(first.outcome.headers[.setCookie] == "a")
            #expect(try await fixture.effects() == 0)
            for engine in [fixture.idempotency, try fixture.anotherProcess()] {
                let retry = try await engine.pay(request)
                #expect(retry.disposition == .replayed && retry.outcome == first.outcome.replayable)
            }
            #expect(await idempotencyError { try await fixture.idempotency.pay(KeyedRequest(body: [2])) } == .mismatch)
            #expect(try await fixture.effects() == 0)
        }
    }

    @Test("a final error that the database raised is stored, although it aborted the transaction")
    func finalFromDatabase() async throws {
        try await withPerformFixture { fixture in
            try await fixture.observer.execute("ALTER TABLE effects ADD UNIQUE (name)")
            _ = try await fixture.idempotency.pay(KeyedRequest(scope: "globex"))
            for disposition in [Performed.Disposition.executed, .replayed] {
                let performed = try await fixture.idempotency.perform(request, finalOutcome: Self.finalOutcome) {
                    try await request.pay($0)
                }
                #expect(performed.outcome.status == 409 && performed.disposition == disposition)
            }
            #expect(try await fixture.effects() == 1)
        }
    }

    @Test("a final error yields to what another process finished between the rollback and its own storing")
    func finalTooLate() async throws {
        try await withPerformFixture { fixture in
            let here = try fixture.anotherProcess()
            let other = Mailbox<Task<Performed, any Error>>()
            // The other's INSERT waits for our claim, so that our rollback lets it in before our second transaction.
            try await fixture.slowFinals()
            let meddler = try await fixture.database.connect()
            try await meddler.execute("SELECT pg_advisory_lock(1)")
            let mine = Task {
                try await here.perform(request, finalOutcome: Self.finalOutcome) { transaction in
                    _ = try await request.pay(transaction)
                    other.put(Task { try await fixture.idempotency.pay(request) })
                    try await fixture.database.waitForBlockedSessions()
                    throw WorkFailure(number: 402)
                }
            }
            try await waitUntil("the other process has finished") { try await fixture.effects() == 1 }
            try await meddler.execute("SELECT pg_advisory_unlock(1)")
            let theirs = try await other.take().value
            let performed = try await mine.value
            #expect(theirs.disposition == .executed)
            #expect(performed.disposition == .replayed)
            #expect(performed.outcome == theirs.outcome.replayable)
            #expect(try await fixture.effects() == 1)
            await meddler.close()
        }
    }

    @Test("final errors that wait for another process do not take the whole pool")
    func finalsAndThePool() async throws {
        try await withPerformFixture { fixture in
            let here = try fixture.anotherProcess(connections: 2) { $0.acquireTimeout = .seconds(5) }
            let (entered, release) = (Counter(), Gate())
            // Our final errors come too late, and wait.
            try await fixture.slowFinals()
            let meddler = try await fixture.database.connect()
            try await meddler.execute("SELECT pg_advisory_lock(1)")
            var mine: [Task<Performed, any Error>] = []
            var theirs: [Task<Performed, any Error>] = []
            for (number, key) in ["a", "b"].enumerated() {
                let request = KeyedRequest(key: key)
                let other = Mailbox<Task<Performed, any Error>>()
                mine.append(
                    Task {
                        try await here.perform(request, finalOutcome: Self.finalOutcome) { transaction in
                            _ = try await request.pay(transaction)
                            other.put(
                                Task {
                                    try await fixture.idempotency.perform(request) { transaction in
                                        entered.increment()
                                        try await release.pass()
                                        return try await request.pay(transaction)
                                    }
                                })
                            // The other's claim, and before it the final error of the first key.
                            try await fixture.database.waitForBlockedSessions(number + 1)
                            throw WorkFailure(number: 402)
                        }
                    })
                try await waitUntil("the other process has taken the key") { entered.value == number + 1 }
                theirs.append(try other.take())
            }
            #expect(try await here.pay(KeyedRequest(key: "c")).disposition == .executed)
            release.open()
            for other in theirs { #expect(try await other.value.disposition == .executed) }
            await meddler.close()
            #expect(try await mine[0].value.disposition == .replayed)
            #expect(await idempotencyError { try await mine[1].value } == .inFlight)
        }
    }

    @Test("a final error on an expired key takes the key, with the work's writes undone")
    func finalOnExpired() async throws {
        try await withPerformFixture { fixture in
            _ = try await fixture.idempotency.pay(request)
            try await fixture.expireKeys()
            let other = KeyedRequest(body: [2])
            let runs = Counter()
            #expect(try await fail(fixture.idempotency, other, runs: runs).disposition == .executed)
            let retry = try await fail(fixture.idempotency, other, runs: runs)
            #expect(retry.disposition == .replayed && retry.outcome.status == 402)
            #expect(runs.value == 1)
            #expect(try await fixture.effects() == 1)
            #expect(try await fixture.keys() == 1)
        }
    }

    // MARK: Any other error, or 5xx

    @Test("any other error comes out as it was thrown, and leaves no effect and no key")
    func thrown() async throws {
        final class Token: Error {}
        try await withPerformFixture { fixture async throws in
            let token = Token()
            do {
                _ = try await fixture.idempotency.perform(request, finalOutcome: Self.finalOutcome) { transaction in
                    _ = try await request.pay(transaction)
                    throw token
                }
                Issue.record("nothing was thrown")
            } catch {
                #expect(error as? Token === token)
            }
            #expect(try await fixture.effects() == 0)
            #expect(try await fixture.keys() == 0)
            #expect(try await fixture.idempotency.pay(request).disposition == .executed)
        }
    }

    @Test("the database's own error comes out as it was thrown")
    func thrownByDatabase() async throws {
        try await withPerformFixture { fixture async throws in
            let error = await postgresError {
                try await fixture.idempotency.perform(request) { transaction in
                    _ = try await request.pay(transaction)
                    try await transaction.execute("INSERT INTO effects (name) VALUES (NULL)")
                    return Outcome(status: 201)
                }
            }
            #expect(error?.sqlState == .notNullViolation && error?.column == "name")
            #expect(try await fixture.isUntouched())
        }
    }

    @Test("a returned 5xx is handed on and not stored; the next retry runs", arguments: [500, 503, 599])
    func serverError(status: Int) async throws {
        try await withPerformFixture { fixture in
            let failed = try await fixture.idempotency.perform(request) { transaction in
                _ = try await request.pay(transaction)
                return Outcome(status: status, body: [7])
            }
            #expect(failed.disposition == .notStored && failed.outcome == Outcome(status: status, body: [7]))
            #expect(try await fixture.isUntouched())
            #expect(try await fixture.idempotency.pay(request).disposition == .executed)
            #expect(try await fixture.effects() == 1)
        }
    }

    // MARK: Misuse

    @Test("Row 6: an answer from a transaction whose error was swallowed is refused, and nothing is left")
    func swallowed() async throws {
        try await withPerformFixture { fixture async throws in
            let code = await idempotencyError {
                try await fixture.idempotency.perform(request) { transaction in
                    let outcome = try await request.pay(transaction)
                    _ = try? await transaction.execute("SELECT nonsense")
                    return outcome
                }
            }
            #expect(code == .transactionAborted)
            #expect(try await fixture.isUntouched())
            #expect(try await fixture.idempotency.pay(request).disposition == .executed)
        }
    }

    @Test("an error inside a savepoint may be swallowed")
    func savepoint() async throws {
        try await withPerformFixture { fixture in
            let performed = try await fixture.idempotency.perform(request) { transaction in
                let outcome = try await request.pay(transaction)
                _ = try? await transaction.withSavepoint { try await transaction.execute("SELECT nonsense") }
                return outcome
            }
            #expect(performed.disposition == .executed)
            #expect(try await fixture.effects() == 1)
        }
    }

    @Test(
        "Row 6: transaction control by hand is refused, and nothing is stored",
        arguments: [
            "BEGIN", "COMMIT", "end", "/* */ ROLLBACK", "SAVEPOINT a", "COMMIT AND CHAIN", "PREPARE TRANSACTION 'x'",
        ])
    func byHand(statement: String) async throws {
        try await withPerformFixture { fixture async throws in
            let error = await postgresError {
                try await fixture.idempotency.perform(request) { transaction in
                    let outcome = try await request.pay(transaction)
                    try await transaction.execute(PostgresQuery(unescaped: statement))
                    return outcome
                }
            }
            #expect(error?.code == .transactionControl)
            #expect(try await fixture.isUntouched())
            #expect(try await fixture.idempotency.pay(request).disposition == .executed)
        }
    }

    @Test("Row 6: a transaction that is kept and used after its end throws, and reaches nobody else's transaction")
    func keptTransaction() async throws {
        try await withPerformFixture(connections: 1) { fixture in
            let kept = Mailbox<PostgresTransaction>()
            _ = try await fixture.idempotency.perform(request) { transaction in
                kept.put(transaction)
                return try await request.pay(transaction)
            }
            let late = try kept.take()
            let other = KeyedRequest(key: "order-18")
            _ = try await fixture.idempotency.perform(other) { transaction in
                // The same connection, in another's transaction.
                let error = await postgresError { try await late.execute("INSERT INTO effects (name) VALUES ('late')") }
                #expect(error?.code == .transactionEnded)
                return try await other.pay(transaction)
            }
            #expect(await postgresError { try await late.execute("SELECT 1") }?.code == .transactionEnded)
            #expect(try await fixture.effects() == 2)
            #expect(try await fixture.effects(of: "late") == 0)
        }
    }

    @Test("Row 6 and 15: what the work sets for the session is gone before the connection's next lease")
    func sessionState() async throws {
        try await withPerformFixture(connections: 1) { fixture in
            _ = try await fixture.idempotency.perform(request) { transaction in
                try await transaction.execute("SET application_name = 'left behind'")
                try await transaction.execute("SELECT pg_advisory_lock(7)")
                return try await request.pay(transaction)
            }
            let other = try await fixture.idempotency.perform(KeyedRequest(key: "order-18")) { transaction in
                let name = try await transaction.queryRow("SHOW application_name").decode(String.self)
                let locks = try await transaction.queryRow(
                    """
                    SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database
                    WHERE locktype = 'advisory' AND d.datname = current_database()
                    """)
                return Outcome(status: 200, body: Array("\(name) \(try locks.decode(Int.self))".utf8))
            }
            #expect(other.outcome.body == Array(" 0".utf8))
        }
    }
}

extension PerformFixture {
    /// Holds an INSERT of a final error, recognised by its status, before it begins, while advisory lock 1 is held.
    fileprivate func slowFinals() async throws {
        try await observer.execute(
            """
            CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN IF NEW.status IS NOT NULL THEN PERFORM pg_advisory_xact_lock(1); END IF; RETURN NEW; END $$
            """)
        try await observer.execute(
            "CREATE TRIGGER slow BEFORE INSERT ON idempotency.keys FOR EACH ROW EXECUTE FUNCTION slow()")
    }
}
