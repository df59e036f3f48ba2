import FaultProxy

/// Makes the plan's faults happen at their times.
///
/// In three lanes, so that a server that takes seconds to end holds up nothing else.
struct FaultDriver: Sendable {
    let plan: FaultPlan
    let proxy: FaultProxy
    let wire: WireFaults
    let fleet: ServiceFleet
    let database: SoakDatabase
    let count: FaultCount

    /// Returns when the plan is over or the task is cancelled, and everything is started again.
    /// - Throws: when PostgreSQL cannot be started again.
    func run(since start: ContinuousClock.Instant) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for lane in Lane.allCases {
                group.addTask {
                    for entry in plan.entries where Lane(entry.fault) == lane {
                        try? await Task.sleep(until: start + entry.time, clock: .continuous)
                        if Task.isCancelled { return }
                        try await happen(entry.fault)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private enum Lane: CaseIterable {
        case wire, service, database

        init(_ fault: PlannedFault) {
            switch fault {
            case .wire, .away, .terminateBackend: self = .wire
            case .service: self = .service
            case .database: self = .database
            }
        }
    }

    private func happen(_ fault: PlannedFault) async throws {
        switch fault {
        case .wire:
            wire.add(fault)  // counted when it happens
            return
        case .away(let duration):
            proxy.goAway()
            try? await Task.sleep(for: duration)
            proxy.comeBack()
        case .terminateBackend(let choice):
            guard await database.terminateBackend(choice) else { return }
        case .service(let end, let process):
            guard await fleet.restart(process, by: end) else { return }
        case .database(let end):
            try await database.restart(by: end)
        }
        count.add(fault.kind)
    }
}
