/// Rows that are being read from a connection one after another. It has the connection's turn until the last one.
struct OpenStream {
    let id: UInt64
    let transactionID: UInt64?
    /// What is still to be read: the statement itself.
    let item: PostgresConnection.Expected
    /// Shared with who reads.
    let lease: StreamLease
    /// Failures so far.
    var flush: PostgresConnection.FlushResult
    /// Somebody is inside a read.
    var isReading = false
    /// The rest is to be thrown away: somebody needs the connection, and the reader gets an error.
    var isEnded = false
}
