/// A call that asked for a stream, which is sent when the first element is asked for.
struct StreamCall: Sendable {
    let connection: PostgresConnection
    let transactionID: UInt64?
    let query: PostgresQuery
    let deadline: MonotonicInstant?
    let file: String
    let line: Int
}
