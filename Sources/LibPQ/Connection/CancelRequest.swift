internal import Synchronization

/// A request to cancel a connection's running statement, under way on a thread of its own, because libpq's call blocks.
///
/// The connection's thread waits for ``descriptor`` to become readable, which it does when the request has been dealt with.
final class CancelRequest: Sendable {
    private let done: WakeUp
    private let wasSent = Atomic<Bool>(false)

    /// Sends the request.
    ///
    /// - Throws: `connectionFailed` when the process has no thread or file descriptor left.
    init(_ handle: CancelHandle) throws(PostgresError) {
        done = try WakeUp()
        try SystemThread.start { [self] in
            wasSent.store(handle.cancel(), ordering: .releasing)
            done.signal()
        }
    }

    /// Becomes readable at the end.
    var descriptor: Int32 { done.readEnd }

    /// Whether the server has got the request; false while that is not known.
    var isSent: Bool { wasSent.load(ordering: .acquiring) }
}
