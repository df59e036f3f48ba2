import EmbeddedPostgres
import FaultProxy
import HTTPTypes
import LibPQ
import TestSupport
import Testing

@testable import Idempotency

/// The engine's pool is larger than the pooler's, which hands a session of the server on after every transaction.
@Suite("Row 13: through PgBouncer in transaction mode", .serialized, .timeLimit(.minutes(2)))
struct PoolerTests {
    private func withPooledFixture(_ body: (PerformFixture, PgBouncer) async throws -> Void) async throws {
        try await PgBouncer.with { bouncer in
            // The tables are looked at past the pooler.
            try await withPerformFixture(
                at: bouncer.server.url, policy: PerformFixture.patient,
                configure: { $0.connection.through(bouncer.url) }
            ) { try await body($0, bouncer) }
        }
    }

    @Test("Row 13: parallel requests of two processes, each key several times: one effect each, equal answers")
    func parallel() async throws {
        try await withPooledFixture { fixture, bouncer in
            let other = try fixture.anotherProcess(connections: 8) { $0.connection.through(bouncer.url) }
            let answers = try await withThrowingTaskGroup(of: (String, Performed).self) { group in
                for number in 0..<80 {
                    let request = KeyedRequest(key: "order-\(number % 20)")
                    let engine = number % 3 == 0 ? other : fixture.idempotency
                    group.addTask { (request.key, try await engine.payUntilServed(request)) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.count { $1.disposition == .executed } == 20)
            var acknowledged: PerformFixture.Answers = [:]
            for (key, performed) in answers {
                let outcome = performed.outcome.replayable
                #expect(acknowledged[key] == nil || acknowledged[key] == outcome, "two answers for \(key)")
                acknowledged[key] = outcome
            }
            try await fixture.expectConsistency(acknowledged)
        }
    }

    @Test("Row 13: COMMIT or its answer lost before or behind the pooler: resolved, one effect, the whole answer")
    func lostCommits() async throws {
        try await withPooledFixture { fixture, bouncer in
            let proxy = try FaultProxy(to: bouncer.url)
            defer { proxy.close() }
            let before = try fixture.anotherProcess { $0.connection.through(proxy.url) }
            var acknowledged: PerformFixture.Answers = [:]
            for (side, engine, proxy) in [("before", before, proxy), ("behind", fixture.idempotency, bouncer.proxy)] {
                for moment in [Passage.Moment.beforeRequest, .afterRequest, .beforeAnswer] {
                    let key = "\(side)-\(moment)"
                    let fired = proxy.fired
                    proxy.inject(.close, at: .commit(moment))
                    let performed = try await engine.pay(KeyedRequest(key: key))
                    #expect(proxy.fired == fired + 1)
                    #expect(performed.disposition == .executed, "\(key)")
                    #expect(performed.outcome.headers[.setCookie] != nil, "\(key)")
                    acknowledged[key] = performed.outcome
                }
            }
            try await fixture.expectConsistency(acknowledged)
        }
    }
}

extension PostgresConnection.Configuration {
    /// Connects elsewhere, to a pooler.
    fileprivate mutating func through(_ url: String) {
        guard let other = try? PostgresConnection.Configuration(url: url) else { return }
        self = other
        adaptToTransactionPooling()
    }
}
