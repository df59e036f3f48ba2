/// The keys that are running in this process, and who waits for each: events in, actions out, no clock and no lock.
///
/// A key that is in the table has exactly one leader. The leader is not stored: whoever was told to lead must report
/// ``finish(_:hasOutcome:)`` once.
///
/// `Waiter` is whatever the driver needs to wake one.
struct SingleFlightTable<Waiter> {
    /// Names a waiter so that it can leave.
    typealias WaiterID = UInt64

    /// What becomes of a request that enters.
    enum Entrance: Hashable {
        /// Nobody runs this key: run it.
        case lead
        /// The key runs: wait until woken.
        case wait
        /// As many wait as may, for this key or for all.
        case full
    }

    /// How to wake waiters.
    enum Wake {
        /// Nobody waits.
        case nobody
        /// The leader left nothing behind: this one leads now, the others go on waiting.
        case promote(Waiter)
        /// The first ones get the outcome, in the order they came. The others asked for something else under the key.
        case deliver([Waiter], mismatches: [Waiter])
    }

    private struct Flight {
        /// The leader's. Whether it is the key's only the ledger knows, so that nobody is refused for having another one before
        /// there is an outcome: the leader may be the one whose request does not fit, and a waiter the one whose does.
        var fingerprint: Fingerprint
        /// Whether the leader holds the key in the ledger. Before that it may be one that finds an outcome there, and after it another
        /// process may complete the key first.
        var isClaimed = false
        /// In the order they came. An empty array costs no allocation, and that is what nearly every flight has.
        var waiters: [(id: WaiterID, fingerprint: Fingerprint, waiter: Waiter)] = []
    }

    private var flights: [FlightKey: Flight] = [:]

    /// The number of requests that wait, for whatever key.
    private(set) var waiterCount = 0

    private let limits: WaiterLimits

    init(limits: WaiterLimits) {
        self.limits = limits
    }

    /// The number of keys that run.
    var count: Int { flights.count }

    /// The number of requests that wait for a key.
    func waiterCount(for key: FlightKey) -> Int { flights[key]?.waiters.count ?? 0 }

    /// Whether a key's leader has claimed it, and its transaction has not ended.
    func isClaimed(_ key: FlightKey) -> Bool { flights[key]?.isClaimed ?? false }

    /// The leader has claimed the key in the ledger, or the transaction that claimed it has ended.
    mutating func setClaimed(_ isClaimed: Bool, _ key: FlightKey) { flights[key]?.isClaimed = isClaimed }

    /// A request asks to run a key, and is not ready to wait yet. `.wait` changes nothing: ask again with
    /// ``enter(_:fingerprint:id:waiter:)``.
    mutating func lead(_ key: FlightKey, fingerprint: Fingerprint) -> Entrance {
        guard let flight = flights[key] else {
            flights[key] = Flight(fingerprint: fingerprint)
            return .lead
        }
        return flight.waiters.count < limits.perKey && waiterCount < limits.total ? .wait : .full
    }

    /// A request asks to run a key, and waits if it cannot. Only with the answer `.wait` is the waiter kept.
    mutating func enter(_ key: FlightKey, fingerprint: Fingerprint, id: WaiterID, waiter: Waiter) -> Entrance {
        let entrance = lead(key, fingerprint: fingerprint)
        if entrance == .wait {
            flights[key]?.waiters.append((id, fingerprint, waiter))
            waiterCount += 1
        }
        return entrance
    }

    /// A waiter's deadline is over, or it was cancelled.
    ///
    /// - Returns: the waiter, or `nil` when it was woken before: then that stands.
    mutating func leave(_ key: FlightKey, id: WaiterID) -> Waiter? {
        guard let position = flights[key]?.waiters.firstIndex(where: { $0.id == id }) else { return nil }
        waiterCount -= 1
        return flights[key]?.waiters.remove(at: position).waiter
    }

    /// The leader is done.
    ///
    /// - Parameter hasOutcome: whether it leaves an outcome, which every waiter with its fingerprint may answer.
    mutating func finish(_ key: FlightKey, hasOutcome: Bool) -> Wake {
        guard let index = flights.index(forKey: key) else {
            preconditionFailure("A flight was finished that nobody leads.")
        }
        if flights.values[index].waiters.isEmpty {
            flights.remove(at: index)
            return .nobody
        }
        if hasOutcome {
            let flight = flights.remove(at: index).value
            waiterCount -= flight.waiters.count
            return .deliver(
                flight.waiters.filter { $0.fingerprint == flight.fingerprint }.map(\.waiter),
                mismatches: flight.waiters.filter { $0.fingerprint != flight.fingerprint }.map(\.waiter))
        }
        let next = flights.values[index].waiters.removeFirst()
        waiterCount -= 1
        flights.values[index].fingerprint = next.fingerprint
        flights.values[index].isClaimed = false
        return .promote(next.waiter)
    }
}
