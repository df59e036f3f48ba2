import Testing

@testable import FaultProxy
@testable import Soak

@Suite("The plan of the faults")
struct FaultPlanTests {
    @Test("is the same for the same seed, and another for another")
    func repeatable() {
        let plan = FaultPlan(seed: 7, duration: .seconds(60), processes: 2)
        #expect(plan == FaultPlan(seed: 7, duration: .seconds(60), processes: 2))
        #expect(plan != FaultPlan(seed: 8, duration: .seconds(60), processes: 2))
    }

    @Test("goes on the same way when the run is longer")
    func longer() {
        let minute = FaultPlan(seed: 7, duration: .seconds(60), processes: 2).entries
        let longer = FaultPlan(seed: 7, duration: .seconds(120), processes: 2).entries
        #expect(Array(longer.prefix(minute.count)) == minute)
    }

    @Test("has far more faults and COMMITs than a run must show, whatever the seed", arguments: UInt64(1)...20)
    func enough(seed: UInt64) {
        let entries = FaultPlan(seed: seed, duration: .seconds(60), processes: 2).entries
        #expect(entries.count > 60)
        #expect(entries.count { $0.fault.kind.hasSuffix("at COMMIT") } > 25)
        #expect(entries.allSatisfy { $0.time < .seconds(60) })
    }

    @Test("has every kind of fault, at COMMIT and elsewhere, in ten minutes")
    func everyKind() {
        let kinds = Set(FaultPlan(seed: 7, duration: .seconds(600), processes: 2).entries.map(\.fault.kind))
        let wire = ["close", "reset", "truncate", "freeze", "swallow", "delay"].flatMap {
            ["wire: \($0)", "wire: \($0) at COMMIT"]
        }
        let others = [
            "wire: database out of reach", "PostgreSQL: pg_terminate_backend", "PostgreSQL: fast shutdown",
            "PostgreSQL: immediate shutdown", "PostgreSQL: kill -9", "service: kill -9", "service: SIGTERM",
        ]
        #expect(kinds == Set(wire + others))
    }

    @Test("happens at the passage that it names, once, after those that it skips")
    func wire() {
        let count = FaultCount()
        let faults = WireFaults(count)
        func passage(_ statement: String, _ moment: Passage.Moment) -> Passage {
            Passage(statement: statement, number: 1, connection: 1, moment: moment)
        }
        faults.add(.wire(.reset, at: .commit(.beforeAnswer), skipping: 1))
        #expect(faults.decide(passage("COMMIT", .afterRequest)) == nil)
        #expect(faults.decide(passage("ROLLBACK", .beforeAnswer)) == nil)
        #expect(faults.decide(passage("COMMIT", .beforeAnswer)) == nil)
        #expect(faults.decide(passage("COMMIT", .beforeAnswer)) == .reset)
        #expect(faults.decide(passage("COMMIT", .beforeAnswer)) == nil)
        #expect(count.byKind == ["wire: reset at COMMIT": 1])
    }
}
