import Foundation
import LibPQ
import TestSupport
import Testing

@testable import Idempotency

/// Retries that come after the retention, under a policy that refuses them.
@Suite("Late retries", .timeLimit(.minutes(2)))
struct LateRetryTests {
    static let refuse = IdempotencyPolicy(lateRetries: .refuse(remember: .hours(48)))
    let request = KeyedRequest()

    private func purge(_ fixture: PerformFixture, grace: Duration = .zero) async throws -> Int {
        let pool = try fixture.database.makePool(of: 1)
        return try await PurgeService(
            pool: pool, configuration: .init(batchPause: .zero, grace: grace), logger: PerformFixture.quiet
        ).purgeOnce()
    }

    /// Whether each of these engines, and so another policy than the row was written under, refuses the request.
    private func isRefused(_ request: KeyedRequest, _ fixture: PerformFixture) async throws -> Bool {
        let other = try fixture.anotherProcess(policy: IdempotencyPolicy())
        for engine in [fixture.idempotency, other] {
            guard await idempotencyError({ try await engine.pay(request) }) == .keyExpired else { return false }
        }
        return true
    }

    /// The row's `expires_at` and `tombstone_until`, in seconds from its creation.
    private func times(_ fixture: PerformFixture) async throws -> (expires: Double, tombstone: Double?) {
        try await fixture.observer.queryRow(
            """
            SELECT extract(epoch FROM expires_at - created_at)::float8,
                   extract(epoch FROM tombstone_until - created_at)::float8
            FROM idempotency.keys
            """
        ).decode((Double, Double?).self)
    }

    // MARK: Any key

    @Test("a retry after the retention is refused, whatever it asks for and whatever the policy is now; the row stays")
    func refused() async throws {
        try await withPerformFixture(policy: Self.refuse) { fixture in
            _ = try await fixture.idempotency.pay(request)
            let (expires, tombstone) = try await times(fixture)
            #expect(expires == 86_400 && tombstone == 86_400 * 3)
            try await fixture.expireKeys()
            #expect(try await isRefused(request, fixture))
            #expect(try await isRefused(KeyedRequest(body: [2]), fixture))
            let effects = try await fixture.effects()
            let status = try await fixture.observer.queryRow("SELECT status FROM idempotency.keys").decode(Int?.self)
            #expect(effects == 1 && status == 201)
        }
    }

    @Test("a final error's key is remembered, too")
    func finalError() async throws {
        try await withPerformFixture(policy: Self.refuse) { fixture in
            _ = try await fixture.idempotency.perform(
                request, finalOutcome: { _ in Outcome(status: 402) }, { _ in throw WorkFailure() })
            try await fixture.expireKeys()
            #expect(try await isRefused(request, fixture))
        }
    }

    @Test("a retry after the memory's end is a new request, and remembered anew or not, as the policy is now")
    func forgotten() async throws {
        try await withPerformFixture(policy: Self.refuse) { fixture in
            let reexecuting = try fixture.anotherProcess(policy: IdempotencyPolicy())
            _ = try await fixture.idempotency.pay(request)
            for (engine, remembered) in [(fixture.idempotency, 86_400.0 * 3), (reexecuting, nil)] {
                try await fixture.expireKeys()
                try await fixture.observer.execute("UPDATE idempotency.keys SET tombstone_until = now()")
                #expect(try await engine.pay(request).disposition == .executed)
                let tombstone = try await times(fixture).tombstone
                #expect(tombstone == remembered)
            }
            #expect(try await fixture.effects() == 3)
        }
    }

    @Test("without the policy a retry after the retention is a new request, and nothing is remembered")
    func reexecuted() async throws {
        try await withPerformFixture { fixture in
            _ = try await fixture.idempotency.pay(request)
            #expect(try await times(fixture).tombstone == nil)
            try await fixture.expireKeys()
            #expect(try await fixture.idempotency.pay(request).disposition == .executed)
        }
    }

    // MARK: Purge

    @Test("the purge leaves a tombstone and nothing of the outcome; it refuses until its time, and is deleted then")
    func tombstone() async throws {
        try await withPerformFixture(policy: Self.refuse) { fixture in
            _ = try await fixture.idempotency.pay(request)
            try await fixture.expireKeys()
            try await fixture.observer.execute("UPDATE idempotency.keys SET replay_form = 1, sealed_with = 'k'")
            #expect(try await purge(fixture, grace: .seconds(60)) == 0)
            let before = try await fixture.observer.queryRow("SELECT status FROM idempotency.keys").decode(Int?.self)
            #expect(before == 201)

            #expect(try await purge(fixture) == 0)
            let isTombstone = try await fixture.observer.queryRow(
                """
                SELECT fingerprint = '' AND num_nonnulls(status, headers, body, replay_form, sealed_with) = 0
                   AND expires_at = tombstone_until AND expires_at > now() + interval '47 hours'
                FROM idempotency.keys
                """
            ).decode(Bool.self)
            #expect(isTombstone)
            #expect(try await isRefused(request, fixture))
            #expect(try await isRefused(KeyedRequest(body: [2]), fixture))
            #expect(try await purge(fixture) == 0)

            try await fixture.observer.execute(
                "UPDATE idempotency.keys SET expires_at = now(), tombstone_until = now()")
            #expect(try await purge(fixture) == 1)
            #expect(try await fixture.keys() == 0)
            #expect(try await fixture.idempotency.pay(request).disposition == .executed)
        }
    }

    @Test("a tombstone whose time is over is claimed like any expired key, before the purge comes")
    func overTombstone() async throws {
        try await withPerformFixture(policy: Self.refuse) { fixture in
            _ = try await fixture.idempotency.pay(request)
            try await fixture.expireKeys()
            _ = try await purge(fixture)
            try await fixture.observer.execute(
                "UPDATE idempotency.keys SET expires_at = now(), tombstone_until = now()")
            #expect(try await fixture.idempotency.pay(request).disposition == .executed)
            #expect(try await fixture.idempotency.pay(request).disposition == .replayed)
            #expect(try await fixture.effects() == 2)
        }
    }

    @Test("batches go on until all are deleted or tombstones, in any mixture")
    func batches() async throws {
        try await withPerformFixture { fixture in
            try await fixture.observer.execute(
                """
                INSERT INTO idempotency.keys (scope, key_id, fingerprint, status, expires_at, tombstone_until)
                SELECT 'acme', gen_random_uuid(), '\\x01', 201, now() - interval '1 hour' - i * interval '1 second',
                       CASE WHEN i % 3 = 0 OR i > 20 THEN now() + interval '1 hour' END
                FROM generate_series(1, 30) AS i
                """)
            let pool = try fixture.database.makePool(of: 1)
            let service = PurgeService(
                pool: pool, configuration: .init(batchSize: 4, batchPause: .zero), logger: PerformFixture.quiet)
            #expect(try await service.purgeOnce() == 14)
            let tombstones = try await fixture.observer.queryRow(
                "SELECT count(*) FILTER (WHERE fingerprint = ''), count(*) FROM idempotency.keys"
            ).decode((Int, Int).self)
            #expect(tombstones == (16, 16))
        }
    }

    @Test(
        "Row 5: a key that is reclaimed and completed while the purge passes by, or waits, does not become a tombstone")
    func reclaimedMeanwhile() async throws {
        try await withPerformFixture(policy: Self.refuse) { fixture in
            _ = try await fixture.idempotency.pay(request)
            try await fixture.expireKeys()
            let hasPassed = Mailbox<Int>()
            let purging = try await fixture.observer.withTransaction { transaction in
                try await transaction.execute("UPDATE idempotency.keys SET expires_at = now() + interval '1 day'")
                let purging = Task { hasPassed.put(try await purge(fixture)) }
                try await waitUntil("the purge has passed by, or waits") {
                    if (try? hasPassed.take()) != nil { return true }
                    return try await transaction.queryRow(
                        """
                        SELECT count(*) FROM pg_stat_activity
                        WHERE datname = current_database() AND wait_event_type = 'Lock'
                        """
                    ).decode(Int.self) > 0
                }
                return purging
            }
            _ = await purging.result
            #expect(try await fixture.idempotency.pay(request).disposition == .replayed)
        }
    }

    @Test("Row 5: a reclaim that waits for a row that becomes a tombstone meanwhile is refused")
    func tombstoneUnderReclaim() async throws {
        try await withPerformFixture { fixture in
            _ = try await fixture.idempotency.pay(request)
            try await fixture.expireKeys()
            let late = try await fixture.observer.withTransaction { other in
                try await other.execute("SELECT FROM idempotency.keys FOR UPDATE")
                let late = Task { try await fixture.idempotency.pay(request) }
                // It has seen an expired row that nobody remembers.
                try await fixture.database.waitForBlockedSessions()
                try await other.execute("UPDATE idempotency.keys SET tombstone_until = now() + interval '1 hour'")
                return late
            }
            #expect(await idempotencyError { try await late.value } == .keyExpired)
            #expect(try await fixture.effects() == 1)
        }
    }

    // MARK: Keys that tell their age

    /// A request whose key was made so long before now, by the client's clock.
    private func request(madeBefore age: Duration, now: Date = .now) throws -> KeyedRequest {
        let time = now.timeIntervalSince1970 - age / .seconds(1)
        let digits = String(UInt64(time * 1000) | 1 << 63, radix: 16).suffix(12)
        return KeyedRequest(key: "\(digits.prefix(8))-\(digits.suffix(4))-7CC3-98c4-dc0c0c07398f")
    }

    @Test("a UUIDv7 that is older than the retention is refused without any row", arguments: [false, true])
    func oldKey(upperCase: Bool) async throws {
        try await withPerformFixture(policy: Self.refuse) { fixture in
            var old = try request(madeBefore: .hours(25))
            if upperCase { old.key = old.key.uppercased() }
            #expect(await idempotencyError { try await fixture.idempotency.pay(old) } == .keyExpired)
            #expect(try await fixture.isUntouched())
            let young = try request(madeBefore: .hours(23))
            #expect(try await fixture.idempotency.pay(young).disposition == .executed)
            #expect(try await times(fixture).tombstone == nil)
            // Only the policy asks for the age.
            let reexecuting = try fixture.anotherProcess(policy: IdempotencyPolicy())
            #expect(try await reexecuting.pay(old).disposition == .executed)
        }
    }

    @Test("a UUIDv7 that was used late is replayed while its outcome lives, and refused from then on, purged or not")
    func usedLate() async throws {
        try await withPerformFixture(policy: Self.refuse) { fixture in
            let old = try request(madeBefore: .hours(25))
            let first = try await fixture.anotherProcess(policy: IdempotencyPolicy()).pay(old)
            let replay = try await fixture.idempotency.pay(old)
            #expect(replay.disposition == .replayed && replay.outcome == first.outcome.replayable)
            try await fixture.expireKeys()
            #expect(await idempotencyError { try await fixture.idempotency.pay(old) } == .keyExpired)
            #expect(try await fixture.keys() == 1)
            #expect(try await purge(fixture) == 1)
            #expect(await idempotencyError { try await fixture.idempotency.pay(old) } == .keyExpired)
            #expect(try await fixture.keys() == 0)
            #expect(try await fixture.effects() == 1)
        }
    }

    @Test("the key of a client whose clock runs ahead is remembered until its age tells, at most as long as other keys")
    func clockAhead() async throws {
        let hour = 3600.0
        for (ahead, expected) in [
            (Duration.hours(-1), nil), (.hours(1), 25 * hour), (.hours(47), 71 * hour), (.hours(24 * 365), 72 * hour),
        ] {
            try await withPerformFixture(policy: Self.refuse) { fixture in
                let request = try request(madeBefore: .zero - ahead)
                _ = try await fixture.idempotency.pay(request)
                let (expires, tombstone) = try await times(fixture)
                #expect(expires == 24 * hour)
                guard let expected else {
                    #expect(tombstone == nil)
                    return
                }
                #expect(try #require(tombstone) <= expected + 0.001 && abs(try #require(tombstone) - expected) < 60)
                try await fixture.expireKeys()
                #expect(await idempotencyError { try await fixture.idempotency.pay(request) } == .keyExpired)
                #expect(try await purge(fixture) == 0)
                #expect(try await isRefused(request, fixture))
                #expect(try await fixture.effects() == 1)
            }
        }
    }
}
