import FaultProxy
import TestSupport

/// Which faults happen when: the same for the same seed.
struct FaultPlan: Sendable, Hashable {
    struct Entry: Sendable, Hashable {
        /// After the start of the run.
        let time: Duration
        let fault: PlannedFault
    }

    let entries: [Entry]

    /// Plans a run.
    /// - Parameters:
    ///   - duration: in which faults happen.
    ///   - processes: how many the service has.
    init(seed: UInt64, duration: Duration, processes: Int) {
        var random = SeededRandom(seed: seed, part: 0)
        var entries: [Entry] = []
        var time = Duration.seconds(1)
        while time < duration {
            entries.append(Entry(time: time, fault: Self.fault(&random, processes: processes)))
            time += .milliseconds(Int.random(in: Self.gap, using: &random))
        }
        self.entries = entries
    }

    /// Milliseconds between two faults: two a second, so that a minute has clearly more than 30 and most requests succeed anyway.
    private static let gap = 100...900

    private static func fault(_ random: inout SeededRandom, processes: Int) -> PlannedFault {
        enum Kind { case commit, statement, away, backend, service, database }
        let kind: Kind = random.choice([
            (45, .commit), (29, .statement), (2, .away), (11, .backend), (8, .service), (5, .database),
        ])
        switch kind {
        case .commit:
            // On purpose: COMMIT is one passage in many, and chance would miss it.
            return .wire(
                wireFault(&random), at: .commit(moment(&random)), skipping: Int.random(in: 0...5, using: &random))
        case .statement:
            let text = statements[Int.random(in: statements.indices, using: &random)]
            let skipping = Int.random(in: 0...(text.isEmpty ? 100 : 10), using: &random)
            return .wire(wireFault(&random), at: FaultPoint(moment(&random), text), skipping: skipping)
        case .away:
            return .away(.milliseconds(Int.random(in: 100...1500, using: &random)))
        case .backend:
            return .terminateBackend(random.next())
        case .service:
            let end: PlannedFault.ServiceEnd = random.choice([(2, .kill), (1, .terminate)])
            return .service(end, process: Int.random(in: 0..<processes, using: &random))
        case .database:
            return .database(random.choice([(1, .fast), (1, .immediate), (1, .kill)]))
        }
    }

    /// How the statements of the service and of the engine begin; the empty text stands for any.
    private static let statements = [
        "", "", "", "BEGIN", "INSERT INTO idempotency.keys", "SELECT fingerprint", "UPDATE accounts",
        "INSERT INTO payments", "SELECT account_id", "INSERT INTO refunds", "UPDATE idempotency.keys", "ROLLBACK",
    ]

    private static func moment(_ random: inout SeededRandom) -> Passage.Moment {
        Passage.Moment.allCases[Int.random(in: Passage.Moment.allCases.indices, using: &random)]
    }

    private static func wireFault(_ random: inout SeededRandom) -> Fault {
        // The longest delay is longer than the server lets a transaction be idle.
        let delay = Duration.milliseconds([50, 300, 1000, 4000][Int.random(in: 0..<4, using: &random)])
        return random.choice([
            (4, .close), (4, .reset), (3, .truncate), (2, .freeze), (2, .swallow), (2, .delay(delay)),
        ])
    }
}
