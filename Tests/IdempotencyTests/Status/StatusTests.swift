import Crypto
import Foundation
import LibPQ
import TestSupport
import Testing

@testable import Idempotency

/// What the status of a key says, against the server. "Another process" is a second engine on a pool of its own.
@Suite("Key status", .timeLimit(.minutes(2)))
struct StatusTests {
    let request = KeyedRequest()

    @Test("a key that was never used has no status, and asking leaves nothing behind")
    func neverUsed() async throws {
        try await withPerformFixture { fixture async throws in
            #expect(try await fixture.idempotency.status(of: request) == nil)
            #expect(try await fixture.isUntouched())
            #expect(try await fixture.idempotency.pay(request).disposition == .executed)
        }
    }

    @Test("a stored outcome is done, with its status and the row's times, in every process")
    func done() async throws {
        try await withPerformFixture { fixture async throws in
            let performed = try await fixture.idempotency.pay(request)
            let created = try await fixture.observer.queryRow("SELECT created_at FROM idempotency.keys")
                .decode(Date.self)
            let expiresAt = try #require(performed.expiresAt)
            let expected = KeyStatus.done(status: 201, createdAt: created, expiresAt: expiresAt)
            #expect(try await fixture.idempotency.status(of: request) == expected)
            #expect(try await fixture.anotherProcess().status(of: request) == expected)
        }
    }

    @Test("a final error is done with its own status")
    func final() async throws {
        try await withPerformFixture { fixture async throws in
            _ = try await fixture.idempotency.perform(request, finalOutcome: { _ in Outcome(status: 402) }) { _ in
                throw WorkFailure()
            }
            guard case .done(402, _, _) = try await fixture.idempotency.status(of: request) else {
                Issue.record("not done")
                return
            }
        }
    }

    @Test("while the work runs the key is in progress, here and elsewhere, and done after COMMIT")
    func inProgress() async throws {
        try await withPerformFixture { fixture async throws in
            let other = try fixture.anotherProcess()
            _ = try await fixture.idempotency.perform(request) { transaction in
                let outcome = try await request.pay(transaction)
                for engine in [fixture.idempotency, other] {
                    #expect(try await engine.status(of: request) == .inProgress)
                }
                return outcome
            }
            for engine in [fixture.idempotency, other] {
                #expect(try await engine.status(of: request)?.isDone == true)
            }
            #expect(try await fixture.effects() == 1)
        }
    }

    @Test("what runs in this process is known without the database")
    func inProgressHere() async throws {
        try await withPerformFixture(connections: 1) { fixture async throws in
            _ = try await fixture.idempotency.perform(request) { transaction in
                // The only connection is this one.
                #expect(try await fixture.idempotency.status(of: request) == .inProgress)
                return try await request.pay(transaction)
            }
        }
    }

    @Test("a retry that asks for a stored outcome does not make the key look as if it ran")
    func replayUnderWay() async throws {
        try await withPerformFixture { fixture async throws in
            _ = try await fixture.idempotency.pay(request)
            let key = FlightKey(scope: request.scope, keyID: KeyID(try IdempotencyKey(request.key)))
            let entry = try await fixture.idempotency.singleFlight.enter(
                key, fingerprint: request.fingerprint, deadline: .now)
            guard case .leader(let retry) = consume entry else { throw WorkFailure() }
            #expect(try await fixture.idempotency.status(of: request)?.isDone == true)
            retry.finish(nil)
        }
    }

    @Test("work that fails leaves no status")
    func failed() async throws {
        try await withPerformFixture { fixture async throws in
            await #expect(throws: WorkFailure()) {
                _ = try await fixture.idempotency.perform(request) { transaction in
                    _ = try await request.pay(transaction)
                    throw WorkFailure()
                }
            }
            #expect(try await fixture.idempotency.status(of: request) == nil)
            #expect(try await fixture.isUntouched())
        }
    }

    @Test("the key of another scope, or hashed with another secret, is not seen")
    func scopes() async throws {
        try await withPerformFixture { fixture async throws in
            _ = try await fixture.idempotency.pay(request)
            #expect(try await fixture.idempotency.status(of: KeyedRequest(scope: "globex")) == nil)
            let secret = SymmetricKey(size: .bits256)
            let keyed = Idempotency(
                pool: try fixture.database.makePool(of: 1), secret: secret, logger: PerformFixture.quiet)
            #expect(try await keyed.status(of: request) == nil)
            _ = try await keyed.pay(request)
            #expect(try await keyed.status(of: request)?.isDone == true)
        }
    }

    @Test("a key whose retention is over has no status, and is in progress again when it is reclaimed")
    func expired() async throws {
        try await withPerformFixture { fixture async throws in
            let other = try fixture.anotherProcess()
            _ = try await fixture.idempotency.pay(request)
            try await fixture.expireKeys()
            #expect(try await other.status(of: request) == nil)
            #expect(try await fixture.keys() == 1)
            _ = try await fixture.idempotency.perform(request) { transaction in
                #expect(try await other.status(of: request) == .inProgress)
                return try await request.pay(transaction)
            }
            #expect(try await other.status(of: request)?.isDone == true)
        }
    }

    @Test("a tombstone has no status")
    func tombstone() async throws {
        try await withPerformFixture(policy: IdempotencyPolicy(lateRetries: .refuse())) { fixture async throws in
            _ = try await fixture.idempotency.pay(request)
            try await fixture.expireKeys()
            let purge = PurgeService(
                pool: fixture.observer, configuration: .init(grace: .zero), logger: PerformFixture.quiet)
            try await purge.purgeOnce()
            #expect(try await fixture.keys() == 1)
            #expect(try await fixture.idempotency.status(of: request) == nil)
            #expect(await idempotencyError { try await fixture.idempotency.pay(request) } == .keyExpired)
        }
    }

    @Test("a committed row without outcome is reported")
    func damaged() async throws {
        try await withPerformFixture { fixture async throws in
            _ = try await fixture.idempotency.pay(request)
            try await fixture.observer.execute("UPDATE idempotency.keys SET status = NULL")
            #expect(await idempotencyError { try await fixture.idempotency.status(of: request) } == .damagedOutcome)
        }
    }

    @Test("a database that is away makes the status unavailable; a missing table comes out as it is")
    func unavailable() async throws {
        try await withPerformFixture { fixture async throws in
            try await fixture.observer.execute("DROP TABLE idempotency.keys")
            let error = await postgresError { try await fixture.idempotency.status(of: request) }
            #expect(error?.sqlState == .undefinedTable)
            let pool = try fixture.database.makePool(of: 1)
            await pool.close()
            let engine = Idempotency(pool: pool, logger: PerformFixture.quiet)
            #expect(await idempotencyError { try await engine.status(of: request) } == .unavailable)
        }
    }

    @Test(
        "whoever has the whole table, as a migration does, is not taken for somebody who runs the key",
        arguments: [.milliseconds(50), nil] as [Duration?])
    func lockedTable(lockTimeout: Duration?) async throws {
        try await withPerformFixture(configure: { $0.connection.lockTimeout = lockTimeout }) { fixture in
            _ = try await fixture.idempotency.pay(request)
            let meddler = try await fixture.database.connect()
            let lock = try await meddler.begin()
            try await lock.execute("LOCK TABLE idempotency.keys IN ACCESS EXCLUSIVE MODE")
            #expect(await idempotencyError { try await fixture.idempotency.status(of: request) } == .unavailable)
            // One who waits as long as usual learns the truth.
            let patient = try fixture.anotherProcess(connections: 1)
            async let status = patient.status(of: request)
            try await fixture.database.waitForBlockedSessions()
            await meddler.rollBack(lock)
            #expect(try await status?.isDone == true)
        }
    }

    @Test("asking is one round trip, and one more for ROLLBACK where the key runs elsewhere")
    func roundTrips() async throws {
        try await withPerformFixture { fixture async throws in
            let pool = try fixture.database.makePool(of: 1)
            let engine = Idempotency(pool: pool, logger: PerformFixture.quiet)
            func flushes(asking key: String) async throws -> Int {
                let before = try await pool.withConnection { await $0.statistics.flushes }
                _ = try await engine.status(of: KeyedRequest(key: key))
                return try await pool.withConnection { await $0.statistics.flushes } - before
            }
            _ = try await fixture.idempotency.pay(request)
            #expect(try await flushes(asking: "unused") == 1)
            #expect(try await flushes(asking: request.key) == 1)
            let running = KeyedRequest(key: "order-18")
            _ = try await fixture.idempotency.perform(running) { _ async throws in
                #expect(try await flushes(asking: running.key) == 2)
                return Outcome(status: 201)
            }
        }
    }

    // MARK: Under concurrency

    @Test("asked all the time while keys are committed, rolled back and refused, it is never wrong and in nobody's way")
    func underConcurrency() async throws {
        try await withPerformFixture { fixture async throws in
            let engines = [fixture.idempotency, try fixture.anotherProcess(connections: 8)]
            let askers = [try fixture.anotherProcess(connections: 2), fixture.idempotency]
            let course = Course(keys: 10)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for engine in askers {
                    group.addTask {
                        while let key = course.keyToAsk() {
                            let before = course.phase(of: key)
                            let status = try await engine.status(of: KeyedRequest(key: key))
                            course.check(key, before: before, status)
                        }
                    }
                }
                try await withThrowingTaskGroup(of: Void.self) { clients in
                    // Half of a pool: more claims at once would get a short budget.
                    for client in 0..<4 {
                        clients.addTask {
                            for number in stride(from: client, to: course.keys.count, by: 4) {
                                // Twice with each key, on two engines: one waits for the other, or takes over.
                                let request = KeyedRequest(key: course.keys[number])
                                async let one: Void = perform(request, on: engines[0], course)
                                async let other: Void = perform(request, on: engines[1], course)
                                _ = try await (one, other)
                                // Not before: the other engine may have answered already what this one has yet to hear of its COMMIT.
                                if Course.Ending(of: request.key) != .fail { course.committed(request.key) }
                            }
                        }
                    }
                    try await clients.waitForAll()
                }
                course.finish()
                try await group.waitForAll()
            }
            #expect(course.mistakes.isEmpty, "\(course.mistakes)")
            #expect(course.askedWhileWorking >= course.keys.count)
            #expect(try await fixture.effects() == 10)
            #expect(try await fixture.keys() == 20)
        }
    }

    /// One request, which begins its work, waits until it has been asked about, and ends.
    private func perform(_ request: KeyedRequest, on engine: Idempotency, _ course: Course) async throws {
        let ending = Course.Ending(of: request.key)
        do {
            // The duplicate waits until the work has been asked about, however busy the machine is.
            let performed = try await engine.perform(
                request, policy: IdempotencyPolicy(waitBudget: .seconds(30)),
                finalOutcome: { $0 is Course.Refusal ? Outcome(status: 402) : nil }
            ) { transaction in
                course.begin(request.key)
                defer { course.end(request.key) }
                let outcome = try await request.pay(transaction)
                while !course.wasAsked(request.key) { try await transaction.execute("SELECT 1") }
                switch ending {
                case .commit: return outcome
                case .refuse: throw Course.Refusal()
                case .fail: throw WorkFailure()
                }
            }
            #expect(performed.outcome.status == (ending == .commit ? 201 : 402))
        } catch let failure as WorkFailure {
            #expect(ending == .fail, "\(failure)")
        }
    }
}
