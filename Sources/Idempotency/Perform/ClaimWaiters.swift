internal import Synchronization

/// Keeps claims that wait for another process's transaction from taking the whole pool.
///
/// Whether a claim will wait cannot be known before; so all claims under way are counted, and past a share of the pool a new
/// one gets a short budget. Without contention it still succeeds at once.
final class ClaimWaiters: Sendable {
    private let underWay = Atomic<Int>(0)
    private let share: Int

    /// Long enough for a transaction that is about to end, short against any wait budget.
    private static let shortBudget: Duration = .milliseconds(50)

    /// Half of the pool: the other half goes on serving keys that nobody else holds.
    init(poolSize: Int) { share = max(1, poolSize / 2) }

    /// Enters a claim.
    ///
    /// - Returns: how long it may wait.
    func enter(budget: Duration) -> Duration {
        let count = underWay.add(1, ordering: .relaxed).newValue
        return count > share ? min(budget, Self.shortBudget) : budget
    }

    func leave() { underWay.subtract(1, ordering: .relaxed) }
}
