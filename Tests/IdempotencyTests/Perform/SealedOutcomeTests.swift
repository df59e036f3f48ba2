import FaultProxy
import HTTPTypes
import LibPQ
import Logging
import TestSupport
import Testing

@testable import Idempotency

/// Outcomes that are encrypted in the table.
@Suite("Sealed outcomes", .timeLimit(.minutes(2)))
struct SealedOutcomeTests {
    let request = KeyedRequest()

    private func ring(_ current: String, older: [String] = []) throws -> IdempotencyKeyRing {
        try IdempotencyKeyRingTests.ring(current, older: older)
    }

    private func sealedWith(_ fixture: PerformFixture) async throws -> [String?] {
        try await fixture.observer.query("SELECT sealed_with FROM idempotency.keys ORDER BY created_at").decode(
            String?.self)
    }

    /// Checks that no engine replays the row, that nothing runs, and that the row stays as it is.
    private func expectUnreadable(
        _ fixture: PerformFixture, by engine: Idempotency, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let look: PostgresQuery = "SELECT k::text, k.xmin::text FROM idempotency.keys k ORDER BY 1"
        let before = try await fixture.observer.query(look).decode((String, String).self)
        let code = await idempotencyError { try await engine.pay(request) }
        #expect(code == .outcomeUnreadable, sourceLocation: sourceLocation)
        let after = try await fixture.observer.query(look).decode((String, String).self)
        #expect(before.elementsEqual(after, by: ==), sourceLocation: sourceLocation)
        #expect(try await fixture.effects(of: request.key) == 1, sourceLocation: sourceLocation)
    }

    // MARK: Replays

    @Test("first answer and replays are as without encryption, in each form", arguments: ReplayFormTests.forms)
    func replays(form: ReplayForm) async throws {
        let policy = IdempotencyPolicy(replay: form)
        try await withPerformFixture(policy: policy) { fixture in
            let engine = try fixture.anotherProcess(keyRing: try ring("k1"))
            let first = try await engine.perform(request, ReplayFormTests.issue)
            #expect(first.outcome.body == Array("the secret".utf8))
            let replay = try await engine.perform(request, ReplayFormTests.issue)
            #expect(replay.disposition == .replayed && replay.form == form)
            #expect(replay.outcome == first.outcome.stored(under: policy).outcome)
            let columns = try await fixture.observer.queryRow(
                "SELECT sealed_with, replay_form, status FROM idempotency.keys"
            ).decode((String?, Int?, Int?).self)
            #expect(columns == ("k1", form.column, 201))
        }
    }

    @Test("a dump of the table shows neither header fields nor body", arguments: ReplayFormTests.forms)
    func dump(form: ReplayForm) async throws {
        try await withPerformFixture(policy: IdempotencyPolicy(replay: form)) { fixture in
            func bytes() async throws -> [UInt8] {
                try await fixture.observer.queryRow("SELECT headers || body FROM idempotency.keys").decode([UInt8].self)
            }
            func contains(_ bytes: [UInt8], _ text: String) -> Bool {
                bytes.indices.contains { bytes[$0...].starts(with: text.utf8) }
            }
            _ = try await fixture.idempotency.perform(request, ReplayFormTests.issue)
            let plain = try await bytes()
            #expect(contains(plain, "/payments/"))
            #expect(contains(plain, "the secret") == (form == .snapshot))
            try await fixture.expireKeys()
            _ = try await fixture.anotherProcess(keyRing: try ring("k1")).perform(request, ReplayFormTests.issue)
            let sealed = try await bytes()
            for text in ["/payments", "Location", "ETag", "the secret", "secret"] { #expect(!contains(sealed, text)) }
        }
    }

    @Test("a final error is sealed, on a new key and on an expired one")
    func finalError() async throws {
        try await withPerformFixture { fixture in
            let engine = try fixture.anotherProcess(keyRing: try ring("k1"))
            for key in ["new", "expired"] {
                let request = KeyedRequest(key: key)
                if key == "expired" {
                    _ = try await fixture.idempotency.pay(request)
                    try await fixture.expireKeys()
                }
                for disposition in [Performed.Disposition.executed, .replayed] {
                    let performed = try await engine.perform(
                        request, finalOutcome: { _ in Outcome(status: 402, body: [4]) }, { _ in throw WorkFailure() })
                    #expect(performed.disposition == disposition)
                    #expect(performed.outcome == Outcome(status: 402, body: [4]))
                }
                #expect(await idempotencyError { try await fixture.idempotency.pay(request) } == .outcomeUnreadable)
            }
            #expect(try await sealedWith(fixture) == ["k1", "k1"])
        }
    }

    @Test("a COMMIT whose answer was lost is resolved with the sealed row", arguments: ReplayFormTests.forms)
    func afterUnknown(form: ReplayForm) async throws {
        try await withPerformFixture { fixture in
            let proxy = try FaultProxy(to: fixture.database.url)
            defer { proxy.close() }
            let pool = PostgresPool(
                configuration: try PostgresPool.Configuration(url: proxy.url), logger: PerformFixture.quiet)
            let engine = Idempotency(
                pool: pool, policy: IdempotencyPolicy(replay: form), keyRing: try ring("k1"),
                logger: PerformFixture.quiet)
            proxy.inject(.close, at: .commit(.beforeAnswer))
            let first = try await engine.perform(request, ReplayFormTests.issue)
            #expect(proxy.fired == 1)
            #expect(first.disposition == .executed && first.outcome.headers[.setCookie] != nil)
            #expect(try await engine.perform(request, ReplayFormTests.issue).disposition == .replayed)
            #expect(try await fixture.effects() == 1)
            await pool.close()
        }
    }

    // MARK: Keys

    @Test("rotation: new outcomes have the new key, old ones are replayed as long as theirs is in the ring")
    func rotation() async throws {
        try await withPerformFixture { fixture in
            let before = try fixture.anotherProcess(keyRing: try ring("k1"))
            let prepared = try fixture.anotherProcess(keyRing: try ring("k1", older: ["k2"]))
            let rotated = try fixture.anotherProcess(keyRing: try ring("k2", older: ["k1"]))
            let old = try await before.pay(KeyedRequest(key: "old"))
            let new = try await rotated.pay(KeyedRequest(key: "new"))
            #expect(try await sealedWith(fixture) == ["k1", "k2"])
            for engine in [prepared, rotated] {
                #expect(try await engine.pay(KeyedRequest(key: "old")).outcome == old.outcome.replayable)
                #expect(try await engine.pay(KeyedRequest(key: "new")).outcome == new.outcome.replayable)
            }
            #expect(await idempotencyError { try await before.pay(KeyedRequest(key: "new")) } == .outcomeUnreadable)
        }
    }

    @Test("an outcome from before encryption is replayed as it is")
    func fromBefore() async throws {
        try await withPerformFixture { fixture in
            let first = try await fixture.idempotency.pay(request)
            let replay = try await fixture.anotherProcess(keyRing: try ring("k1")).pay(request)
            #expect(replay.disposition == .replayed && replay.outcome == first.outcome.replayable)
            #expect(try await sealedWith(fixture) == [nil])
        }
    }

    @Test("a lost key: the replay is refused, nothing runs again, the row stays, and the key's name is logged")
    func lostKey() async throws {
        try await withPerformFixture { fixture in
            let first = try await fixture.anotherProcess(keyRing: try ring("k1")).pay(request)
            let log = LogRecorder()
            for (lost, reason) in [
                (nil, "no key ring is configured"), (try ring("k2"), "the key is not in the key ring"),
                (
                    // Another key under the same name.
                    try IdempotencyKeyRing(parsing: "k1:\(IdempotencyKeyRingTests.zeros)"),
                    "it was not sealed in this row under this key, or changed since"
                ),
            ] as [(IdempotencyKeyRing?, String)] {
                try await expectUnreadable(
                    fixture, by: try fixture.anotherProcess(keyRing: lost, logger: log.logger))
                let line = try #require(log.text.split(separator: "\n").last)
                #expect(line.hasPrefix("critical a stored outcome cannot be decrypted"))
                #expect(line.contains(reason) && line.contains(#""key": k1"#), "\(line)")
            }
            #expect(!log.text.contains("payment") && !log.text.contains("order-17") && !log.text.contains("acme"))
            // Found again, it is replayed.
            let replay = try await fixture.anotherProcess(keyRing: try ring("k3", older: ["k1"])).pay(request)
            #expect(replay.outcome == first.outcome.replayable)
        }
    }

    @Test("another request under the key is told so without the encryption key")
    func mismatch() async throws {
        try await withPerformFixture { fixture in
            _ = try await fixture.anotherProcess(keyRing: try ring("k1")).pay(request)
            #expect(await idempotencyError { try await fixture.idempotency.pay(KeyedRequest(body: [2])) } == .mismatch)
        }
    }

    @Test("a lost key does not outlive the retention: the row is taken, and nothing of the old outcome stays")
    func reclaimed() async throws {
        try await withPerformFixture { fixture in
            _ = try await fixture.anotherProcess(
                policy: IdempotencyPolicy(replay: .reference), keyRing: try ring("k1")
            ).pay(request)
            try await fixture.expireKeys()
            let columns: PostgresQuery =
                "SELECT num_nonnulls(status, headers, body, replay_form, sealed_with) FROM idempotency.keys"
            _ = try await fixture.idempotency.perform(request) { transaction in
                #expect(try await transaction.queryRow(columns).decode(Int.self) == 0)
                return try await request.pay(transaction)
            }
            #expect(try await fixture.observer.queryRow(columns).decode(Int.self) == 3)
            #expect(try await fixture.idempotency.pay(request).disposition == .replayed)
        }
    }

    // MARK: Tampering

    static let tampering = [
        "SET body = set_byte(body, 20, get_byte(body, 20) # 1)",
        "SET headers = set_byte(headers, 20, get_byte(headers, 20) # 1)",
        "SET headers = body, body = headers",
        "SET body = headers",
        "SET body = NULL",
        "SET headers = NULL",
        "SET body = ''",
        "SET status = 200",
        "SET replay_form = 1",
        "SET sealed_with = 'k2'",
        "SET body = (SELECT o.body FROM idempotency.keys o WHERE o.key_id <> k.key_id)",
        "SET headers = (SELECT o.headers FROM idempotency.keys o WHERE o.key_id <> k.key_id)",
        "SET (headers, body) = (SELECT o.headers, o.body FROM idempotency.keys o WHERE o.key_id <> k.key_id)",
    ]

    @Test("what was changed, or moved from another row or column, is not replayed", arguments: tampering)
    func tampered(change: String) async throws {
        try await withPerformFixture { fixture in
            let engine = try fixture.anotherProcess(keyRing: try ring("k1", older: ["k2"]))
            _ = try await engine.pay(request)
            _ = try await engine.pay(KeyedRequest(key: "another"))
            let id = KeyID(try IdempotencyKey(parsing: request.key)).uuid
            try await fixture.observer.execute(
                "UPDATE idempotency.keys k \(unescaped: change) WHERE key_id = \(id)")
            try await expectUnreadable(fixture, by: engine)
        }
    }

    @Test("an outcome cannot be moved to the same key of another scope")
    func otherScope() async throws {
        try await withPerformFixture { fixture in
            let engine = try fixture.anotherProcess(keyRing: try ring("k1"))
            _ = try await engine.pay(KeyedRequest(scope: "globex"))
            try await fixture.observer.execute("UPDATE idempotency.keys SET scope = 'acme'")
            try await expectUnreadable(fixture, by: engine)
        }
    }
}
