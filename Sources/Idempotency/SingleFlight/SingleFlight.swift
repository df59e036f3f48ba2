internal import LibPQ
import Synchronization

/// Lets one request at a time run a key within this process; its duplicates wait here, in memory, without a pooled
/// connection.
///
/// When the leader leaves an outcome, all waiters with its fingerprint get it, and for the others it is a mismatch. When it
/// leaves none (error, rollback, a mismatch of its own), exactly one waiter leads next, first come first served; the others go on
/// waiting, each to its own deadline.
///
/// This is an economy and never load-bearing: across processes, and for correctness at all, the ledger's unique index
/// decides.
///
/// Without a duplicate, entering, claiming and finishing are one lock and one dictionary operation each, no task and no
/// allocation of their own.
final class SingleFlight<C: Clock<Duration>>: Sendable {
    /// What a waiter is woken with.
    private enum Wake: Sendable {
        case leader
        case outcome(StoredOutcome)
        case mismatch
        case full
        case timedOut
    }

    private typealias Waiter = CheckedContinuation<Wake, any Error>

    /// How a request got in.
    enum Entry: ~Copyable {
        /// Run the work, then call `finish` on the ticket. A ticket that is dropped counts as finished without outcome.
        case leader(Ticket)
        /// The leader's outcome: replay it.
        case outcome(StoredOutcome)
        /// The leader's outcome is of a request with another fingerprint.
        case mismatch
        /// The leader was still running at the deadline.
        case timedOut
        /// So many wait already that one more is turned away.
        case full
    }

    /// The right to run a key, and the duty to say how it ended. Cannot be copied, and finishing uses it up; if it is
    /// dropped instead, by an error thrown past it for example, the key is released then. So no key can be wedged by
    /// forgetting.
    struct Ticket: ~Copyable, Sendable {
        private let key: FlightKey
        private var owner: SingleFlight?

        fileprivate init(_ key: FlightKey, owner: SingleFlight) {
            self.key = key
            self.owner = owner
        }

        /// Ends the flight.
        ///
        /// - Parameter outcome: the *committed* outcome as a replay answers it, or `nil` when nothing was stored.
        consuming func finish(_ outcome: StoredOutcome?) {
            // `discard self` is not available to a type with references in it, so the owner is taken out to disarm
            // `deinit`.
            let owner = owner.take()
            owner?.finish(key, outcome: outcome)
        }

        deinit {
            owner?.finish(key, outcome: nil)
        }
    }

    private struct State {
        var table: SingleFlightTable<Waiter>
        var lastID: SingleFlightTable<Waiter>.WaiterID = 0
    }

    private let state: Guarded<State>
    private let clock: C

    /// - Parameters:
    ///   - clock: measures the deadlines.
    ///   - limits: how many may wait; the next gets `.full`.
    init(clock: C, limits: WaiterLimits = WaiterLimits()) {
        self.clock = clock
        self.state = Guarded(State(table: SingleFlightTable(limits: limits)))
    }

    /// The number of keys that run. For tests and metrics.
    var count: Int { state.withLock { $0.table.count } }

    /// The number of requests that wait, for whatever key. For tests and metrics.
    var waiterCount: Int { state.withLock { $0.table.waiterCount } }

    /// The number of requests that wait for a key. For tests and metrics.
    func waiterCount(for key: FlightKey) -> Int { state.withLock { $0.table.waiterCount(for: key) } }

    /// Whether a key is claimed by its leader, whose transaction has not ended.
    func isClaimed(_ key: FlightKey) -> Bool { state.withLock { $0.table.isClaimed(key) } }

    /// Takes note that the leader has claimed the key in the ledger, or that the transaction that claimed it has ended.
    func setClaimed(_ isClaimed: Bool, _ key: FlightKey) { state.withLock { $0.table.setClaimed(isClaimed, key) } }

    /// Enters with a request: to lead, or to wait until the leader is done.
    ///
    /// - Parameters:
    ///   - key: scope and key.
    ///   - fingerprint: of the request.
    ///   - deadline: when to stop waiting; one that has passed never waits.
    /// - Throws: `CancellationError` when the task is cancelled while it waits. A task that is cancelled before and
    ///   need not wait still leads: whether to run is the caller's decision.
    func enter(_ key: FlightKey, fingerprint: Fingerprint, deadline: C.Instant) async throws -> Entry {
        switch state.withLock({ $0.table.lead(key, fingerprint: fingerprint) }) {
        case .lead: return .leader(Ticket(key, owner: self))
        case .full: return .full
        case .wait: break
        }
        guard deadline > clock.now else { return .timedOut }
        return switch try await wait(for: key, fingerprint: fingerprint, deadline: deadline) {
        case .leader: .leader(Ticket(key, owner: self))
        case .outcome(let outcome): .outcome(outcome)
        case .mismatch: .mismatch
        case .full: .full
        case .timedOut: .timedOut
        }
    }

    private func wait(for key: FlightKey, fingerprint: Fingerprint, deadline: C.Instant) async throws -> Wake {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        let timer = Task { [clock] in
            try await clock.sleep(until: deadline, tolerance: nil)
            self.leave(key, id: id, with: .success(.timedOut))
        }
        defer { timer.cancel() }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                // All that can wake a waiter takes the same lock, so nothing is missed between asking and waiting. The
                // cancellation flag is set before the handler below runs: it is either seen here, or the handler finds
                // the waiter in the table. The same holds for the timer, which may have fired already, and the clock.
                let immediate: Result<Wake, any Error>? = state.withLock { state in
                    if Task.isCancelled { return .failure(CancellationError()) }
                    if clock.now >= deadline { return .success(.timedOut) }
                    // By now the leader may have finished: ask again.
                    return switch state.table.enter(key, fingerprint: fingerprint, id: id, waiter: continuation) {
                    case .lead: .success(.leader)
                    case .full: .success(.full)
                    case .wait: nil
                    }
                }
                if let immediate { continuation.resume(with: immediate) }
            }
        } onCancel: {
            leave(key, id: id, with: .failure(CancellationError()))
        }
    }

    private func leave(_ key: FlightKey, id: SingleFlightTable<Waiter>.WaiterID, with result: Result<Wake, any Error>) {
        state.withLock { $0.table.leave(key, id: id) }?.resume(with: result)
    }

    private func finish(_ key: FlightKey, outcome: StoredOutcome?) {
        // Resumed outside the lock: a continuation may run at once on this thread.
        switch state.withLock({ $0.table.finish(key, hasOutcome: outcome != nil) }) {
        case .nobody:
            break
        case .promote(let waiter):
            waiter.resume(returning: .leader)
        case .deliver(let waiters, let mismatches):
            guard let outcome else { preconditionFailure("Delivered without an outcome.") }
            for waiter in waiters { waiter.resume(returning: .outcome(outcome)) }
            for waiter in mismatches { waiter.resume(returning: .mismatch) }
        }
    }
}
