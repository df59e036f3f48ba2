import HTTPTypes
import LibPQ
import Logging
import Synchronization
import TestSupport
import Testing

@testable import Idempotency

/// Values at the edge, and what the log says of them.
@Suite("Odd values", .timeLimit(.minutes(1)))
struct OddValueTests {
    @Test(
        "Row 16: bodies of 0 bytes, one byte, and 1 MiB with every byte value come back exactly",
        arguments: [0, 1, 1 << 20])
    func bodies(size: Int) async throws {
        try await withPerformFixture { fixture in
            let body = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
            let first = try await fixture.idempotency.perform(KeyedRequest()) { _ in Outcome(status: 200, body: body) }
            let retry = try await fixture.idempotency.pay()
            #expect(first.disposition == .executed && retry.disposition == .replayed)
            #expect(retry.outcome.body == body)
        }
    }

    @Test("Row 16: fields keep order, duplicates, spelling and bytes that are not UTF-8")
    func headers() async throws {
        try await withPerformFixture { fixture in
            var headers = HTTPFields()
            let name = try #require(HTTPField.Name("X-Odd-CASE"))
            headers.append(HTTPField(name: name, value: "second"))
            headers.append(HTTPField(name: .accept, value: [0xFF, 0xFE, 0x80]))
            headers.append(HTTPField(name: name, value: ""))
            headers.append(HTTPField(name: name, value: "é, \"quoted\""))
            _ = try await fixture.idempotency.perform(KeyedRequest()) { _ in Outcome(status: 200, headers: headers) }
            #expect(try await fixture.idempotency.pay().outcome == Outcome(status: 200, headers: headers))
        }
    }

    @Test(
        "a policy of one call that cannot be is refused before anything is stored",
        arguments: [
            IdempotencyPolicy(retention: .zero), IdempotencyPolicy(waitBudget: .seconds(Int64.max)),
            IdempotencyPolicy(newKeys: NewKeyLimit(0, per: .seconds(1))),
        ])
    func policies(policy: IdempotencyPolicy) async throws {
        try await withPerformFixture { fixture async throws in
            #expect(await idempotencyError { try await fixture.idempotency.pay(policy: policy) } == .invalidPolicy)
            #expect(try await fixture.effects() == 0)
            #expect(try await fixture.keys() == 0)
        }
    }

    static let scopes = [
        "", " ", "a'b", "a\"b", "'; DROP TABLE idempotency.keys; --", "Ω≈ç√ 日本 🧾", "$1", "a\\b", "a\nb",
        String(repeating: "s", count: 2000),
    ]

    @Test("Row 16: each odd scope is a scope of its own")
    func scopes() async throws {
        try await withPerformFixture { fixture in
            for disposition in [Performed.Disposition.executed, .replayed] {
                for scope in Self.scopes {
                    let performed = try await fixture.idempotency.pay(KeyedRequest(scope: scope))
                    #expect(performed.disposition == disposition)
                }
            }
            #expect(try await fixture.keys() == Self.scopes.count)
        }
    }

    @Test("Row 16: a scope with a NUL character is refused before anything is stored")
    func nul() async throws {
        try await withPerformFixture { fixture async throws in
            let runs = Counter()
            await #expect(throws: (any Error).self) {
                try await fixture.idempotency.perform(KeyedRequest(scope: "a\0b")) { _ in
                    runs.increment()
                    return Outcome(status: 200)
                }
            }
            #expect(runs.value == 0)
            #expect(try await fixture.isUntouched())
        }
    }

    @Test("Row 16: keys of 1 and 255 characters that differ in the last one are different keys")
    func keys() async throws {
        try await withPerformFixture { fixture async throws in
            let long = String(repeating: "k", count: 254)
            for key in ["a", "b", long + "1", long + "2"] {
                #expect(try await fixture.idempotency.pay(KeyedRequest(key: key)).disposition == .executed)
                #expect(try await fixture.idempotency.pay(KeyedRequest(key: key)).disposition == .replayed)
            }
            #expect(try await fixture.keys() == 4)
        }
    }

    @Test("Row 16: an answer whose status is none of HTTP is refused, and its effect undone", arguments: [-1, 0, 99])
    func statuses(status: Int) async throws {
        try await withPerformFixture { fixture async throws in
            let code = await idempotencyError {
                try await fixture.idempotency.perform(KeyedRequest()) { transaction in
                    _ = try await KeyedRequest().pay(transaction)
                    return Outcome(status: status)
                }
            }
            #expect(code == .invalidOutcome)
            #expect(try await fixture.isUntouched())
        }
    }

    // MARK: Logs

    @Test("neither key nor scope nor body is ever logged, whatever goes wrong")
    func logs() async throws {
        let collecting = Collector(lines: Lines())
        let logger = Logger(label: "test", factory: { _ in collecting })
        let request = KeyedRequest(scope: "secret-scope", key: "secret-key", body: Array("secret-body".utf8))
        try await withPerformFixture(policy: IdempotencyPolicy(maximumReruns: 0), logger: logger) { fixture in
            let engine = fixture.idempotency
            _ = try await engine.pay(request)
            var other = request
            other.body = [2]
            _ = await idempotencyError { try await engine.pay(other) }
            try await fixture.observer.execute("UPDATE idempotency.keys SET status = NULL")
            _ = await idempotencyError { try await engine.pay(request) }
            try await fixture.expireKeys()
            _ = await idempotencyError {
                try await engine.perform(request) { transaction in
                    _ = try? await transaction.execute("SELECT nonsense")
                    return Outcome(status: 200)
                }
            }
            try await fixture.failOnce("40001", ConflictTests.atCommit)
            _ = await idempotencyError { try await engine.pay(request) }
        }
        let text = collecting.lines.all.joined(separator: "\n")
        #expect(text.contains("damaged") && text.contains("gave up running again"), "\(text)")
        #expect(!text.contains("secret"), "\(text)")
        #expect(!text.contains(KeyID(try IdempotencyKey(parsing: request.key)).description))
    }

    private final class Lines: Sendable {
        private let lines = Mutex<[String]>([])
        var all: [String] { lines.withLock { $0 } }
        func add(_ line: String) { lines.withLock { $0.append(line) } }
    }

    private struct Collector: LogHandler {
        let lines: Lines
        var metadata: Logger.Metadata = [:]
        var logLevel: Logger.Level = .trace

        init(lines: Lines) { self.lines = lines }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            lines.add("\(event.level) \(event.message) \(event.metadata ?? [:])")
        }
    }
}
