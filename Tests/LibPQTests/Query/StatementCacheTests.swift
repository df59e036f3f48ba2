import Testing

@testable import LibPQ

@Suite("The statement cache")
struct StatementCacheTests {
    private func key(_ sql: String, _ types: [UInt32] = []) -> StatementCache.Key {
        .init(sql: sql, parameters: types.map { .init(type: $0, length: 4) })
    }

    @Test("prepares a statement once, and executes it from then on")
    func preparesOnce() {
        var cache = StatementCache(capacity: 2, prefix: "libpq")
        guard case .prepare(let name) = cache.plan(key("a")) else {
            Issue.record("expected to prepare")
            return
        }
        #expect(cache.plan(key("a")) == .execute(name: name))
        #expect(cache.plan(key("a")) == .execute(name: name))
        #expect(cache.count == 1)
        #expect(cache.takeEvicted() == [])
    }

    @Test("keeps statements apart whose parameters have other types")
    func typesCount() {
        var cache = StatementCache(capacity: 2, prefix: "libpq")
        _ = cache.plan(key("a", [20]))
        #expect(cache.plan(key("a", [25])) == .prepare(name: "libpq_2"))
        #expect(cache.plan(key("a", [20])) == .execute(name: "libpq_1"))
    }

    @Test("evicts what was used least recently, and names it once")
    func evictsLeastRecent() {
        var cache = StatementCache(capacity: 2, prefix: "libpq")
        _ = cache.plan(key("a"))
        _ = cache.plan(key("b"))
        _ = cache.plan(key("a"))
        #expect(cache.plan(key("c")) == .prepare(name: "libpq_3"))
        #expect(cache.takeEvicted() == ["libpq_2"])
        #expect(cache.takeEvicted() == [])
        #expect(cache.plan(key("a")) == .execute(name: "libpq_1"))
        #expect(cache.plan(key("b")) == .prepare(name: "libpq_4"), "a name is never used twice")
        #expect(cache.takeEvicted() == ["libpq_3"])
        #expect(cache.count == 2)
    }

    @Test("prepares nothing with capacity 0")
    func off() {
        var cache = StatementCache(capacity: 0, prefix: "libpq")
        #expect(cache.plan(key("a")) == .unnamed)
        #expect(cache.plan(key("a")) == .unnamed)
        #expect(cache.count == 0)
    }

    @Test("holds one statement with capacity 1")
    func one() {
        var cache = StatementCache(capacity: 1, prefix: "libpq")
        for index in 1...3 {
            #expect(cache.plan(key("\(index)")) == .prepare(name: "libpq_\(index)"))
            #expect(cache.takeEvicted() == (index == 1 ? [] : ["libpq_\(index - 1)"]))
        }
    }

    @Test("prepares nothing new while as many as it holds wait to be deallocated")
    func manyEvicted() {
        var cache = StatementCache(capacity: 2, prefix: "libpq")
        for index in 1...4 { #expect(cache.plan(key("\(index)")) == .prepare(name: "libpq_\(index)")) }
        #expect(cache.plan(key("5")) == .unnamed)
        #expect(cache.plan(key("4")) == .execute(name: "libpq_4"))
        #expect(cache.takeEvicted() == ["libpq_1", "libpq_2"])
        #expect(cache.plan(key("5")) == .prepare(name: "libpq_5"))
    }

    @Test("sends a skipped DEALLOCATE again")
    func keepsEvicted() {
        var cache = StatementCache(capacity: 2, prefix: "libpq")
        cache.keepEvicted("libpq_9")
        #expect(cache.takeEvicted() == ["libpq_9"])
    }

    @Test("forgets what the server has lost, and drops what is stale there, too")
    func forgets() {
        var cache = StatementCache(capacity: 2, prefix: "libpq")
        _ = cache.plan(key("a"))
        cache.forget(key("a"))
        #expect(cache.takeEvicted() == [])
        #expect(cache.plan(key("a")) == .prepare(name: "libpq_2"))
        cache.evict(key("a"))
        #expect(cache.takeEvicted() == ["libpq_2"])
        cache.evict(key("never seen"))
        #expect(cache.takeEvicted() == [])
        _ = cache.plan(key("b"))
        cache.removeAll()
        #expect(cache.count == 0)
        #expect(cache.plan(key("b")) == .prepare(name: "libpq_4"))
    }
}
