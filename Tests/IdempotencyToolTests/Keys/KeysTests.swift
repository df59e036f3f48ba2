import Crypto
import Foundation
import HTTPTypes
import Idempotency
import LibPQ
import Logging
import SQLMigrations
import TestSupport
import Testing

@testable import IdempotencyTool

@Suite("idempotency keys", .timeLimit(.minutes(2)))
struct KeysTests {
    struct Key: Decodable {
        struct Answer: Decodable {
            struct Field: Decodable, Equatable {
                var name: String
                var value: String
            }
            var fields: [Field]
            var body: String?
            var bodyBase64: String?
        }
        var scope: String
        var id: String
        var state: String
        var status: Int?
        var replay: String?
        var sealedWith: String?
        var createdAt: Date?
        var expiresAt: Date?
        var bytes: Int?
        var answer: Answer?
    }

    struct Statistics: Decodable {
        struct Kind: Decodable, Equatable {
            var state: String
            var statuses: String?
            var keys: Int
            var bytes: Int
        }
        struct Seal: Decodable, Equatable {
            var encryptionKey: String?
            var answers: Int
        }
        struct Claim: Decodable {
            var pid: Int
            var application: String?
            var seconds: Double?
        }
        var keys: [Kind]
        var answers: [Seal]
        var claims: [Claim]
        var tableBytes: Int
        var deadRows: Int
    }

    /// A database with keys, and the tool on it.
    struct Fixture {
        let database: TestDatabase
        static let quiet = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

        func engine(secret: SymmetricKey? = nil, keyRing: IdempotencyKeyRing? = nil) -> Idempotency {
            Idempotency(pool: database.pool, secret: secret, keyRing: keyRing, logger: Self.quiet)
        }

        func use(
            _ key: String, scope: String = "acme", engine: Idempotency? = nil, policy: IdempotencyPolicy? = nil,
            outcome: Outcome = Outcome(status: 201, headers: [.location: "/payments/1"], body: Array("paid".utf8)),
            meanwhile: () async throws -> Void = {}
        ) async throws -> Performed.Disposition {
            try await (engine ?? self.engine()).perform(
                scope: scope, key: IdempotencyKey(key),
                fingerprint: .of(method: "POST", path: "/", query: nil, contentType: nil, body: []), policy: policy
            ) { _ in
                try await meanwhile()
                return outcome
            }.disposition
        }

        func tool(_ arguments: String..., input: String = "") throws -> ToolRun {
            try ToolRun(["keys"] + arguments + ["--database-url", database.url], input: input)
        }

        func decode<T: Decodable>(_ run: ToolRun, as type: T.Type = T.self) throws -> T {
            #expect(run.status == 0 && run.errors.isEmpty, "\(run.errors)")
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            decoder.dateDecodingStrategy = .iso8601
            return try decoder.decode(type, from: Data(run.output.utf8))
        }

        func show(_ arguments: String...) throws -> Key {
            let all =
                ["keys", "show", "--scope", "acme", "--format", "json", "--database-url", database.url] + arguments
            return try decode(ToolRun(all))
        }

        func expireKeys(_ condition: PostgresQuery = "true") async throws {
            try await database.pool.execute(
                """
                UPDATE idempotency.keys SET expires_at = now() - interval '1 hour' WHERE \(unescaped: condition.sql)
                """)
        }
    }

    private func withFixture(_ body: (Fixture) async throws -> Void) async throws {
        try await withTestDatabase(migrations: .idempotency) { try await body(Fixture(database: $0)) }
    }

    // MARK: show

    @Test("show: what is stored under a key, by the key in both spellings, by its id, and from standard input")
    func show() async throws {
        try await withFixture { fixture in
            _ = try await fixture.use("order-17")
            let key = try fixture.show("--key", "order-17")
            #expect(key.state == "completed" && key.status == 201 && key.replay == "snapshot" && key.scope == "acme")
            #expect(key.sealedWith == nil && key.answer == nil)
            let retention = try #require(key.expiresAt).timeIntervalSince(try #require(key.createdAt))
            #expect(abs(retention - 86_400) < 2)
            #expect(try fixture.show("--key", "\"order-17\"").id == key.id)
            #expect(try fixture.show("--id", key.id.uppercased()).status == 201)
            let piped = try fixture.tool("show", "--scope", "acme", "--key", "-", input: "order-17\n")
            #expect(piped.status == 0 && piped.output.contains(key.id) && piped.output.contains("completed"))
        }
    }

    @Test("show --answer: the header fields and the body that a replay has, as text or as base64")
    func answer() async throws {
        try await withFixture { fixture in
            _ = try await fixture.use("text")
            _ = try await fixture.use("bytes", outcome: Outcome(status: 200, body: [0xFF, 0x00]))
            let text = try fixture.show("--key", "text", "--answer").answer
            #expect(text?.fields == [.init(name: "Location", value: "/payments/1")] && text?.body == "paid")
            let bytes = try fixture.show("--key", "bytes", "--answer").answer
            #expect(bytes?.body == nil && bytes?.bodyBase64 == "/wA=")
            let table = try fixture.tool("show", "--scope", "acme", "--key", "text", "--answer")
            #expect(table.output.hasSuffix("\n\nLocation: /payments/1\n\npaid\n"))
            _ = try await fixture.use("bell", outcome: Outcome(status: 200, body: Array("\u{1B}[2J\u{7}".utf8)))
            let bell = try fixture.tool("show", "--scope", "acme", "--key", "bell", "--answer")
            #expect(bell.output.hasSuffix("\n\\u{1b}[2J\\u{7}\n"))
        }
    }

    @Test("show: an encrypted answer is not shown, the name of its key is")
    func sealed() async throws {
        try await withFixture { fixture in
            let ring = try IdempotencyKeyRing(current: .init(name: "k1", secret: SymmetricKey(size: .bits256)))
            _ = try await fixture.use("order-17", engine: fixture.engine(keyRing: ring))
            let key = try fixture.show("--key", "order-17", "--answer")
            #expect(key.sealedWith == "k1" && key.answer == nil)
        }
    }

    @Test("show: a key under a secret is found with the secret's file only")
    func secret() async throws {
        try await withFixture { fixture in
            let file = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
            try Data("a secret of some length".utf8).write(to: file)
            defer { try? FileManager.default.removeItem(at: file) }
            let secret = SymmetricKey(data: Data("a secret of some length".utf8))
            _ = try await fixture.use("order-17", engine: fixture.engine(secret: secret))
            #expect(try fixture.tool("show", "--scope", "acme", "--key", "order-17").status == 1)
            #expect(try fixture.show("--key", "order-17", "--secret-file", file.path).state == "completed")
        }
    }

    @Test("show: of a key that nobody used, or of another scope, it says so and ends with 1")
    func unknown() async throws {
        try await withFixture { fixture in
            _ = try await fixture.use("order-17")
            for (scope, key) in [("acme", "order-18"), ("globex", "order-17")] {
                let run = try fixture.tool("show", "--scope", scope, "--key", key)
                #expect(run.status == 1 && run.output.isEmpty)
                #expect(run.errors.contains("nothing is stored under the key"))
                #expect(!run.errors.contains(key), "a key is as secret as its client made it")
            }
        }
    }

    // MARK: in flight

    @Test("a key in flight: show says so, stats names the session, release leaves it alone")
    func inFlight() async throws {
        try await withFixture { fixture in
            _ = try await fixture.use("order-17") {
                #expect(try fixture.show("--key", "order-17").state == "in_flight")
                let statistics: Statistics = try fixture.decode(fixture.tool("stats", "--format", "json"))
                #expect(statistics.claims.count == 1 && statistics.claims.first?.seconds != nil)
                #expect(try fixture.tool("stats").output.contains("CLAIM OF PID"))
                let release = try fixture.tool("release", "--scope", "acme", "--key", "order-17", "--yes")
                #expect(release.status == 1 && release.errors.contains("in flight"))
            }
            #expect(try fixture.show("--key", "order-17").state == "completed")
        }
    }

    @Test("show, list and stats need no more than to read")
    func readOnly() async throws {
        try await withFixture { fixture in
            _ = try await fixture.use("order-17")
            let readOnly = ["PGOPTIONS": "-c default_transaction_read_only=on"]
            for command in [["show", "--scope", "acme", "--key", "order-17"], ["list"], ["stats"]] {
                let run = try ToolRun(
                    ["keys"] + command + ["--database-url", fixture.database.url], environment: readOnly)
                #expect(run.status == 0 && run.output.contains("completed"), "\(run.errors)")
                #expect(run.errors.isEmpty == (command.first != "show"))
            }
            let release = try ToolRun(
                [
                    "keys", "release", "--scope", "acme", "--key", "order-17", "--yes", "--database-url",
                    fixture.database.url,
                ],
                environment: readOnly)
            #expect(release.status == 1 && release.errors.contains("read-only"))
        }
    }

    // MARK: release

    @Test("release: only with --yes; then the next request is executed")
    func release() async throws {
        try await withFixture { fixture in
            _ = try await fixture.use("order-17", outcome: Outcome(status: 402))
            _ = try await fixture.use("order-18")
            let refused = try fixture.tool("release", "--scope", "acme", "--key", "order-17")
            #expect(refused.status == 2 && refused.errors.contains("--yes"))
            #expect(try fixture.show("--key", "order-17").status == 402)

            let released = try fixture.tool("release", "--scope", "acme", "--key", "order-17", "--yes")
            #expect(released.status == 0 && released.output.hasPrefix("Released:\n"))
            #expect(try fixture.tool("release", "--scope", "acme", "--key", "order-17", "--yes").status == 1)
            #expect(try await fixture.use("order-17") == .executed)
            #expect(try await fixture.use("order-18") == .replayed)
        }
    }

    // MARK: list and stats

    @Test("list: from the one that expires last, by scope, state and status, at most so many")
    func list() async throws {
        try await withFixture { fixture in
            struct Document: Decodable { var keys: [Key] }
            func list(_ arguments: String...) throws -> [String] {
                let all = ["keys", "list", "--format", "json", "--database-url", fixture.database.url] + arguments
                return try fixture.decode(ToolRun(all), as: Document.self).keys.map {
                    "\($0.scope) \($0.state) \($0.status.map(String.init) ?? "-")"
                }
            }
            #expect(try fixture.tool("list").output == "There are no such keys.\n")
            _ = try await fixture.use("late", policy: IdempotencyPolicy(lateRetries: .refuse()))
            _ = try await fixture.use("old")
            try await fixture.expireKeys()
            _ = try await fixture.use("1", outcome: Outcome(status: 402))
            _ = try await fixture.use("2", scope: "globex")
            #expect(try list("--limit", "2") == ["globex completed 201", "acme completed 402"])
            #expect(
                Set(try list("--scope", "acme")) == ["acme completed 402", "acme expired 201", "acme tombstone 201"])
            #expect(try list("--state", "tombstone") == ["acme tombstone 201"])
            #expect(try list("--state", "expired") == ["acme expired 201"])
            #expect(try list("--status", "402") == ["acme completed 402"])
            let lines = try fixture.tool("list", "--scope", "globex").output.split(separator: "\n")
            #expect(lines.count == 2 && lines[0].hasPrefix("SCOPE") && lines[1].hasPrefix("globex"))
        }
    }

    @Test("stats: keys by state and status, answers by encryption key, and the table's size")
    func statistics() async throws {
        try await withFixture { fixture in
            #expect(try fixture.tool("stats").output.hasPrefix("There are no keys.\n"))
            let ring = try IdempotencyKeyRing(current: .init(name: "k1", secret: SymmetricKey(size: .bits256)))
            _ = try await fixture.use("old", outcome: Outcome(status: 200))
            try await fixture.expireKeys()
            _ = try await fixture.use("1", outcome: Outcome(status: 200, body: [1, 2, 3]))
            _ = try await fixture.use("2", outcome: Outcome(status: 402))
            _ = try await fixture.use("3", engine: fixture.engine(keyRing: ring), outcome: Outcome(status: 403))
            let statistics: Statistics = try fixture.decode(fixture.tool("stats", "--format", "json"))
            #expect(
                statistics.keys.map { "\($0.state) \($0.statuses ?? "-") \($0.keys)" }
                    == ["completed 2xx 1", "completed 4xx 2", "expired 2xx 1"])
            #expect(
                statistics.answers == [.init(encryptionKey: nil, answers: 3), .init(encryptionKey: "k1", answers: 1)])
            #expect(statistics.claims.isEmpty && statistics.tableBytes > 0)
            let text = try fixture.tool("stats").output
            #expect(text.contains("ENCRYPTION KEY") && text.contains("(not encrypted)") && text.contains("Table "))
        }
    }

    // MARK: errors

    @Test("without the table it says how to make it", arguments: ["show", "list", "stats", "release"])
    func noTable(command: String) async throws {
        try await withTestDatabase { database in
            let key = ["show", "release"].contains(command) ? ["--scope", "a", "--key", "k"] : []
            let yes = command == "release" ? ["--yes"] : []
            let run = try ToolRun(["keys", command, "--database-url", database.url] + key + yes)
            #expect(run.status == 1 && run.output.isEmpty)
            #expect(run.errors.contains("run idempotency migrate up"))
        }
    }
}
