import FaultProxy
import Synchronization

/// Decides for each passage of the proxy which of the pending faults happens there, and counts what passes.
final class WireFaults: Sendable {
    private struct Pending {
        let fault: PlannedFault
        let effect: Fault
        let point: FaultPoint
        var skipping: Int
    }

    private struct State {
        var pending: [Pending] = []
        var handlerRuns = 0
    }

    private let state = Mutex(State())
    private let count: FaultCount

    init(_ count: FaultCount) { self.count = count }

    /// How often a handler has got as far as its first write.
    var handlerRuns: Int { state.withLock { $0.handlerRuns } }

    /// Lets a fault happen at the next passage that it fits.
    func add(_ fault: PlannedFault) {
        guard case .wire(let effect, let point, let skipping) = fault else { return }
        state.withLock {
            $0.pending.append(Pending(fault: fault, effect: effect, point: point, skipping: skipping))
        }
    }

    /// What has not happened yet never will.
    func stop() { state.withLock { $0.pending = [] } }

    /// The proxy's rule.
    func decide(_ passage: Passage) -> Fault? {
        let pending = state.withLock { state -> Pending? in
            if passage.moment == .afterRequest, Self.isHandlersWrite(passage.statement) { state.handlerRuns += 1 }
            guard let index = state.pending.firstIndex(where: { $0.point.matches(passage) }) else { return nil }
            guard state.pending[index].skipping == 0 else {
                state.pending[index].skipping -= 1
                return nil
            }
            return state.pending.remove(at: index)
        }
        guard let pending else { return nil }
        count.add(pending.fault.kind)
        return pending.effect
    }

    /// Each handler sends exactly one of these first.
    private static func isHandlersWrite(_ statement: String) -> Bool {
        statement.hasPrefix("UPDATE accounts SET balance = balance -")
            || statement.hasPrefix("SELECT account_id, amount FROM payments")
    }
}
