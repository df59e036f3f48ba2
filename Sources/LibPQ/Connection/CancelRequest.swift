internal import Synchronization

/// A request to cancel a connection's running statement, under way on a thread of its own, because libpq's call blocks.
///
/// The connection's thread waits for ``descriptor`` to become readable, which it does when the request has been dealt with.
final class CancelRequest: Sendable {
    /// What has become of it.
    enum State: UInt8, AtomicRepresentable {
        case underWay
        /// The server has got the request.
        case sent
        /// The server has not got it, and will not.
        case failed
    }

    private let done: WakeUp
    private let current = Atomic(State.underWay)

    /// Sends the request.
    ///
    /// - Throws: `connectionFailed` when the process has no thread or file descriptor left.
    init(_ handle: CancelHandle) throws(PostgresError) {
        done = try WakeUp()
        try SystemThread.start { [self] in
            current.store(handle.cancel() ? .sent : .failed, ordering: .releasing)
            done.signal()
        }
    }

    /// Becomes readable at the end.
    var descriptor: Int32 { done.readEnd }

    /// What has become of it so far.
    var state: State { current.load(ordering: .acquiring) }
}
