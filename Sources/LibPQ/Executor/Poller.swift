#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// What a thread sleeps in until one of its descriptors is ready.
///
/// A descriptor is watched from ``watch(_:for:at:)`` on, whether or not anybody waits for it at the moment, so that waiting for it again
/// and again costs nothing. Whoever gets an event that nobody waits for drops it. Closing a descriptor ends its watch.
protocol Poller: ~Copyable {
    /// - Throws: `connectionFailed` when the process has no file descriptor left.
    init() throws(PostgresError)

    /// Watches a descriptor, at a place of the caller's choice that holds one at a time, from 0.
    ///
    /// - Returns: whether it can be watched. One that is closed cannot, or is reported as readable.
    mutating func watch(_ descriptor: Int32, for interest: Readiness, at place: Int) -> Bool

    /// Makes the next ``watch(_:for:at:)`` at this place start afresh: the descriptor may be closed, or another one under its number.
    mutating func forget(place: Int)

    /// Sleeps until something is ready.
    ///
    /// - Parameter milliseconds: for how long at most; negative for ever, 0 only looks.
    /// - Returns: how many events there are, for ``event(_:)``.
    mutating func sleep(milliseconds: Int32) -> Int

    /// What the last ``sleep(milliseconds:)`` has found.
    func event(_ index: Int) -> PollerEvent

    /// Ends the watch that an event comes from.
    mutating func drop(_ event: PollerEvent)
}

/// A descriptor is ready.
struct PollerEvent: Equatable {
    let place: Int
    let descriptor: Int32
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
    /// None of these, before the deadline.
    static let timedOut: Readiness = []
}

#if os(Linux) || os(Android)
typealias SystemPoller = EpollPoller
#else
typealias SystemPoller = PollPoller
#endif
