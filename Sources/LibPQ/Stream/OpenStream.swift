/// Rows or data that go over a connection piece by piece. It has the connection's turn until the last one.
///
/// A class, so that looking at it for each row copies nothing. Belongs to its connection's actor.
final class OpenStream {
    /// What is under way.
    enum Content {
        /// The rows of this statement come from the server.
        case rows(PostgresConnection.Expected)
        /// The data of a `COPY TO STDOUT` come from the server.
        case copyOut
        /// The data of a `COPY FROM STDIN` go to the server.
        case copyIn

        var isCopyIn: Bool { if case .copyIn = self { true } else { false } }
    }

    let id: UInt64
    let transactionID: UInt64?
    let content: Content
    /// Shared with who reads.
    let lease: StreamLease
    /// Failures so far.
    var flush: PostgresConnection.FlushResult
    /// Somebody is inside a read or write, or reads to the end.
    var isInUse = false
    /// The rest is to be thrown away: somebody needs the connection, and the reader gets an error.
    var isEnded = false
    /// Whoever needs the connection wants the statement cancelled.
    var isCancelled = false
    /// The rest is being thrown away.
    var isDraining = false

    init(
        id: UInt64, transactionID: UInt64?, content: Content, lease: StreamLease,
        flush: PostgresConnection.FlushResult
    ) {
        self.id = id
        self.transactionID = transactionID
        self.content = content
        self.lease = lease
        self.flush = flush
    }
}
