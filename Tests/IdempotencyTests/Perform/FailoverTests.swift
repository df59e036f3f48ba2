import EmbeddedPostgres
import Foundation
import LibPQ
import Synchronization
import TestSupport
import Testing

@testable import Idempotency

/// Another server takes over, or the one that there is refuses writes.
@Suite("Row 12: failover", .serialized, .timeLimit(.minutes(2)))
struct FailoverTests {
    /// What the clients were told.
    private final class History: Sendable {
        private let state = Mutex((answers: PerformFixture.Answers(), isOver: false, contradictions: [String]()))

        var answers: PerformFixture.Answers { state.withLock { $0.answers } }
        var contradictions: [String] { state.withLock { $0.contradictions } }
        var isOver: Bool { state.withLock { $0.isOver } }

        func end() { state.withLock { $0.isOver = true } }

        func add(_ outcome: Outcome, of key: String) {
            state.withLock { state in
                if let other = state.answers.updateValue(outcome, forKey: key), other.replayable != outcome.replayable {
                    state.contradictions.append(key)
                }
            }
        }
    }

    /// Pays one key after the other until it is over. Clients of one name send the same keys.
    private func client(_ name: Int, _ engine: Idempotency, _ history: History) async throws {
        var number = 0
        while !history.isOver {
            number += 1
            let key = "client-\(name)-\(number)"
            let performed = try await engine.payUntilServed(KeyedRequest(key: key))
            history.add(performed.outcome, of: key)
        }
    }

    @Test(
        "Row 12: the primary killed under load, the synchronous standby promoted: 0 lost, no key twice, no restart")
    func synchronousStandby() async throws {
        try await ReplicatedPair.with(isSynchronous: true) { pair in
            try await withPerformFixture(at: pair.conninfo("read-write")) { fixture in
                // Two processes, so that the same key is claimed by two sessions as well.
                let engines = [fixture.idempotency, try fixture.anotherProcess()]
                let history = History()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for name in 1...3 {
                        for engine in engines { group.addTask { try await client(name, engine, history) } }
                    }
                    do {
                        try await waitUntil("the clients are busy") { history.answers.count >= 30 }
                        try await pair.failOver(afterCatchingUp: false)
                        let before = history.answers.count
                        try await waitUntil("the service goes on", deadline: .seconds(30)) {
                            history.answers.count >= before + 30
                        }
                    } catch {
                        history.end()
                        throw error
                    }
                    history.end()
                    try await group.waitForAll()
                }
                #expect(history.contradictions == [])
                try await fixture.expectConsistency(history.answers)
            }
        }
    }

    @Test(
        "Row 12: a primary that comes back as a standby (25006): unavailable, no stale connection; promoted, it serves")
    func demoted() async throws {
        let server = try await EmbeddedPostgres.start(.temporary, logger: PerformFixture.quiet)
        try await withPerformFixture(at: server.url) { fixture in
            let engine = fixture.idempotency
            let request = KeyedRequest()
            let before = try await engine.pay(KeyedRequest(key: "before"))
            try await server.kill()
            try Data().write(to: URL(fileURLWithPath: "\(server.directory)/data/standby.signal"))
            try await server.restart()

            let runs = Counter()
            func attempt() async -> IdempotencyError.Code? {
                await idempotencyError {
                    try await engine.perform(request) { transaction in
                        runs.increment()
                        return try await request.pay(transaction)
                    }
                }
            }
            #expect(await attempt() == .unavailable)
            try await waitUntil("the pool has dropped its connections") { engine.pool.openConnections == 0 }
            #expect(await attempt() == .unavailable)
            #expect(runs.value == 0)

            try await fixture.observer.execute("SELECT pg_promote()")
            let after = try await engine.payUntilServed(request)
            #expect(after.disposition == .executed)
            try await fixture.expectConsistency(["before": before.outcome, request.key: after.outcome])
        }
        try await server.stop(.immediate)
    }
}
