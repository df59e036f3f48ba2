/// What a thread waits in until one of its descriptors is ready.
///
/// A descriptor is watched until ``unwatch(place:)``, whether or not anybody waits for it at the moment, so that waiting for it again and
/// again costs nothing. Whoever gets an event that nobody waits for ends that watch. Descriptors are watched at places: small numbers
/// from 0, which the caller chooses.
protocol Poller: ~Copyable {
    /// - Throws: `connectionFailed` when the process has no file descriptor left.
    init() throws(PostgresError)

    /// Watches a descriptor instead of whatever has been watched at this place; does nothing when that is the same.
    ///
    /// - Returns: whether it can be watched; if not, nothing is watched at this place. Of one that is closed `poll` tells by an event.
    mutating func watch(_ descriptor: Int32, for interest: Readiness, at place: Int) -> Bool

    /// Ends the watch at a place, if there is one. Call it before the descriptor is closed: afterwards it is safe, but may cost `epoll`
    /// a new beginning.
    mutating func unwatch(place: Int)

    /// Waits until something is ready.
    ///
    /// - Parameter milliseconds: for how long at most; negative for ever, 0 only looks.
    /// - Returns: how many events there are, for ``event(_:)``.
    mutating func wait(milliseconds: Int32) -> Int

    /// What the last ``wait(milliseconds:)`` has found.
    func event(_ index: Int) -> PollerEvent
}

/// What is watched at a place is ready.
struct PollerEvent: Equatable {
    let place: Int
    let readiness: Readiness
}

/// What a descriptor is watched for, or what ended a wait for it.
struct Readiness: OptionSet, Sendable {
    let rawValue: Int
    /// Also when there is an error or a hang-up: reading is how libpq learns of it.
    static let readable = Readiness(rawValue: 1)
    static let writable = Readiness(rawValue: 2)
    /// ``SocketWaiter/interrupt()`` was called.
    static let interrupted = Readiness(rawValue: 4)
    /// The descriptor cannot be watched: it is closed, or the system has no room for another watch.
    static let unwatchable = Readiness(rawValue: 8)
    /// ``SocketWaiter/leave()`` was called.
    static let left = Readiness(rawValue: 16)
    /// None of these, before the deadline.
    static let timedOut: Readiness = []
}

#if os(Linux)
typealias SystemPoller = EpollPoller
#else
typealias SystemPoller = PollPoller
#endif
