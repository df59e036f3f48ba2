import TestSupport
import Testing

@testable import Idempotency

@Suite("New-key table")
struct NewKeyTableTests {
    typealias Table = NewKeyTable<ManualClock.Instant>

    let limit = NewKeyLimit(3, per: .seconds(60))

    /// Asks at these seconds and writes down after how many more the next key is free; 0 when admitted.
    private func ask(_ table: inout Table, at seconds: [Double], scope: String = "acme") -> [Double] {
        seconds.map { second in
            switch table.admit(scope: scope, limit: limit, now: .init(offset: .seconds(second))) {
            case .admitted: 0
            case .refused(let retryAfter): retryAfter / .seconds(1)
            }
        }
    }

    @Test(
        "a silent scope may use all keys at once, then one in each share of the period; a refusal says when, and counts nothing"
    )
    func story() {
        var table = Table()
        #expect(ask(&table, at: [0, 0, 0]) == [0, 0, 0])
        #expect(ask(&table, at: [0, 5, 19, 19.5, 20, 20, 40, 41]) == [20, 15, 1, 0.5, 0, 20, 0, 19])
        #expect(ask(&table, at: [120, 120, 120, 120]) == [0, 0, 0, 20])
    }

    @Test("after a refusal's time the next key is free, whatever the limit")
    func retryAfter() {
        var random = SeededRandom()
        for _ in 0..<1000 {
            var table = Table()
            let limit = NewKeyLimit(
                .random(in: 1...1000, using: &random), per: .milliseconds(Int.random(in: 1...1_000_000, using: &random))
            )
            var now = ManualClock.Instant()
            for _ in 0..<limit.count {
                #expect(table.admit(scope: "a", limit: limit, now: now) == .admitted, "seed \(random.seed)")
            }
            guard case .refused(let retryAfter) = table.admit(scope: "a", limit: limit, now: now) else {
                Issue.record("one more than the limit was admitted at once, seed \(random.seed)")
                continue
            }
            now = now.advanced(by: retryAfter)
            #expect(table.admit(scope: "a", limit: limit, now: now) == .admitted, "seed \(random.seed)")
        }
    }

    @Test(
        "asked all the time, a scope gets its burst and then one key for each share of the period"
    )
    func rate() {
        var table = Table()
        let admitted = ask(&table, at: (0..<6000).map { Double($0) / 10 }).count { $0 == 0 }
        #expect(admitted == 3 + 29)
    }

    @Test("other scopes and other limits count for themselves; equal limits are one")
    func separate() {
        var table = Table()
        #expect(ask(&table, at: [0, 0, 0, 0]) == [0, 0, 0, 20])
        #expect(ask(&table, at: [0], scope: "globex") == [0])
        #expect(ask(&table, at: [0, 0, 0, 0], scope: "caf\u{E9}") == [0, 0, 0, 20])
        #expect(ask(&table, at: [0], scope: "cafe\u{301}") == [0], "bytes make the scope, as in the database")
        let now = ManualClock.Instant()
        #expect(table.admit(scope: "acme", limit: NewKeyLimit(4, per: .seconds(60)), now: now) == .admitted)
        #expect(table.admit(scope: "acme", limit: NewKeyLimit(3, per: .seconds(60)), now: now) != .admitted)
    }

    @Test("a clock that is read late does not give keys back")
    func lateReading() {
        var table = Table()
        #expect(ask(&table, at: [100, 100, 100, 99, 100]) == [0, 0, 0, 21, 20])
    }

    @Test("scopes whose bucket is full again are forgotten, so that memory follows who is active")
    func forgetting() {
        var table = Table()
        for second in 0..<100_000 {
            _ = ask(&table, at: [Double(second)], scope: "scope-\(second)")
        }
        #expect(table.count <= 1024 + 20)
    }

    @Test(
        "with all places taken, further scopes are not limited, those that are counted still are, and places come free")
    func capacity() {
        var table = Table(capacity: 2)
        #expect(ask(&table, at: [0, 0, 0, 0]) == [0, 0, 0, 20])
        #expect(ask(&table, at: [0, 0, 0, 0], scope: "second") == [0, 0, 0, 20])
        #expect(ask(&table, at: [0, 0, 0, 0, 0], scope: "third") == [0, 0, 0, 0, 0])
        #expect(table.count == 2)
        #expect(ask(&table, at: [0]) == [20])
        #expect(ask(&table, at: [60, 60, 60, 60, 60, 60], scope: "third").last == 20)
    }

    @Test("a thousand requests at once use exactly as many keys as there are")
    func concurrency() async {
        let clock = ManualClock()
        let limiter = NewKeyLimiter(clock: clock)
        let limit = NewKeyLimit(100, per: .seconds(100))
        for expected in [100, 0, 30] {
            let admitted = await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<1000 {
                    group.addTask { (try? limiter.admit(scope: "acme", limit: limit)) != nil }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(admitted == expected)
            if expected == 0 { clock.advance(by: .milliseconds(30_999)) }
        }
    }
}
