internal import CLibPQ

/// Owns one `PGcancel`: address and secret key of a connection, to cancel what the server runs for it.
///
/// Source: libpq, "Canceling Queries in Progress". `@unchecked Sendable`: libpq documents that `PQcancel` may be called from
/// any thread; the object is independent of its connection and is never changed.
final class CancelHandle: @unchecked Sendable {
    private let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) { self.pointer = pointer }

    deinit { PQfreeCancel(pointer) }

    /// Asks the server to cancel the running statement, over a connection of its own. **Blocks**, for as long as the network
    /// takes.
    ///
    /// - Returns: whether the request was dispatched. Whether it has an effect, only the statement's end tells. Once this has
    ///   returned, the request can no longer hit a statement that is sent later: the server signals the session before it
    ///   closes the request's connection, and a session ignores what arrived before it reads its next message.
    func cancel() -> Bool {
        var reason = [CChar](repeating: 0, count: 256)  // as large as libpq recommends
        return PQcancel(pointer, &reason, Int32(reason.count)) == 1
    }
}
