/// What a connection has learnt that concerns the others of its pool, too.
///
/// Source: PostgreSQL, Appendix A, "PostgreSQL Error Codes".
enum Suspicion: Sendable {
    /// The server is going away, or has gone and is coming back: `57P01` to `57P03`.
    case serverIsLeaving
    /// A write was refused, `25006`, though the transaction was not opened READ ONLY: a primary may have become a standby.
    case serverIsReadOnly
    /// The connection did not answer: those that were idle for longer will have fared no better.
    case noAnswer

    /// Nil for an error that concerns nobody else.
    ///
    /// - Parameter isReadOnly: whether the transaction was opened READ ONLY, so that who writes in it gets what was asked for.
    init?(_ sqlState: SQLState?, inTransaction isReadOnly: Bool) {
        switch sqlState {
        case .adminShutdown?, .crashShutdown?, .cannotConnectNow?: self = .serverIsLeaving
        case .readOnlySQLTransaction? where !isReadOnly: self = .serverIsReadOnly
        default: return nil
        }
    }
}
