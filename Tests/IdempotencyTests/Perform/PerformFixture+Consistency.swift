import LibPQ
import TestSupport
import Testing

@testable import Idempotency

extension PerformFixture {
    /// What the clients were told, by key. Their work is ``KeyedRequest/pay(_:)``.
    typealias Answers = [String: Outcome]

    /// Checks what must hold once the faults have stopped, whatever they were: no key in flight, 0 or 1 effect a key, effect and
    /// outcome together or neither, what was acknowledged is there, and its replay has the same bytes.
    func expectConsistency(
        _ acknowledged: Answers, through engine: Idempotency? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        try await waitUntil("no transaction is open any more") {
            try await observer.queryRow(
                """
                SELECT count(*) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL
                """
            ).decode(Int.self) == 0
        }
        let names = try await observer.query("SELECT name FROM effects").decode(String.self)
        #expect(Set(names).count == names.count, "two effects of one key", sourceLocation: sourceLocation)
        let successes = try await observer.queryRow(
            "SELECT count(*) FROM idempotency.keys WHERE status BETWEEN 200 AND 299"
        ).decode(Int.self)
        #expect(
            successes == names.count, "effects without outcome, or outcomes without effect",
            sourceLocation: sourceLocation)
        let unfinished = try await observer.queryRow("SELECT count(*) FROM idempotency.keys WHERE status IS NULL")
            .decode(Int.self)
        #expect(unfinished == 0, "a key without outcome is committed", sourceLocation: sourceLocation)
        for (key, outcome) in acknowledged {
            let wantsEffect = 200...299 ~= outcome.status
            #expect(names.contains(key) == wantsEffect, "the effect of \(key)", sourceLocation: sourceLocation)
            let replay = try await (engine ?? idempotency).pay(KeyedRequest(key: key))
            #expect(replay.disposition == .replayed, "\(key) ran again", sourceLocation: sourceLocation)
            #expect(replay.outcome == outcome.replayable, "another answer for \(key)", sourceLocation: sourceLocation)
        }
        #expect(try await effects() == names.count, "a replay had an effect", sourceLocation: sourceLocation)
    }
}
