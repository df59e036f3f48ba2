/// The keys that are running in this process, and who waits for each: events in, actions out, no clock and no lock.
///
/// A key that is in the table has exactly one leader. The leader is not stored: whoever was told to lead must report
/// ``finish(_:outcome:)`` once.
///
/// `Waiter` is whatever the driver needs to wake one.
struct SingleFlightTable<Waiter> {
    /// Names a waiter so that it can leave.
    typealias WaiterID = UInt64

    /// What becomes of a request that enters.
    enum Entrance: Hashable {
        /// Nobody runs this key: run it.
        case lead
        /// The key runs for the same request: wait until woken.
        case wait
        /// The key runs for another request.
        case mismatch
        /// As many wait for this key as may.
        case full
    }

    /// How to wake waiters.
    enum Wake {
        /// Nobody waits.
        case nobody
        /// The leader left nothing behind: this one leads now, the others go on waiting.
        case promote(Waiter)
        /// All of these get the outcome, in the order they came.
        case deliver([Waiter])
    }

    private struct Flight {
        let fingerprint: Fingerprint
        /// In the order they came. An empty array costs no allocation, and that is what nearly every flight has.
        var waiters: [(id: WaiterID, waiter: Waiter)] = []
    }

    private var flights: [FlightKey: Flight] = [:]

    /// How many may wait for one key.
    let maximumWaiters: Int

    init(maximumWaiters: Int) {
        self.maximumWaiters = maximumWaiters
    }

    /// The number of keys that run.
    var count: Int { flights.count }

    /// The number of requests that wait for a key.
    func waiterCount(for key: FlightKey) -> Int { flights[key]?.waiters.count ?? 0 }

    /// A request asks to run a key, and is not ready to wait yet. `.wait` changes nothing: ask again with
    /// ``enter(_:fingerprint:id:waiter:)``.
    mutating func lead(_ key: FlightKey, fingerprint: Fingerprint) -> Entrance {
        guard let flight = flights[key] else {
            flights[key] = Flight(fingerprint: fingerprint)
            return .lead
        }
        if flight.fingerprint != fingerprint { return .mismatch }
        return flight.waiters.count < maximumWaiters ? .wait : .full
    }

    /// A request asks to run a key, and waits if it cannot. Only with the answer `.wait` is the waiter kept.
    mutating func enter(_ key: FlightKey, fingerprint: Fingerprint, id: WaiterID, waiter: Waiter) -> Entrance {
        let entrance = lead(key, fingerprint: fingerprint)
        if entrance == .wait { flights[key]?.waiters.append((id, waiter)) }
        return entrance
    }

    /// A waiter's deadline is over, or it was cancelled.
    ///
    /// - Returns: the waiter, or `nil` when it was woken before: then that stands.
    mutating func leave(_ key: FlightKey, id: WaiterID) -> Waiter? {
        guard let position = flights[key]?.waiters.firstIndex(where: { $0.id == id }) else { return nil }
        return flights[key]?.waiters.remove(at: position).waiter
    }

    /// The leader is done.
    ///
    /// - Parameter hasOutcome: whether it leaves an outcome that all waiters may answer.
    mutating func finish(_ key: FlightKey, hasOutcome: Bool) -> Wake {
        guard let index = flights.index(forKey: key) else {
            preconditionFailure("A flight was finished that nobody leads.")
        }
        if flights.values[index].waiters.isEmpty {
            flights.remove(at: index)
            return .nobody
        }
        if hasOutcome {
            return .deliver(flights.remove(at: index).value.waiters.map(\.waiter))
        }
        return .promote(flights.values[index].waiters.removeFirst().waiter)
    }
}
