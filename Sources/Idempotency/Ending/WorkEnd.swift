/// How a unit of work ended, and in what state it left its transaction.
struct WorkEnd: Sendable, Hashable {
    /// What the work did last.
    var result: Result

    /// The state of the transaction at that moment.
    var transaction: TransactionState

    /// Whether the policy's deadline had passed at that moment.
    var isLate = false

    /// Whether the deadline has ended a statement of the work, or kept one from being sent, whatever the work has made of that.
    var missedDeadline = false

    /// What the work did last.
    enum Result: Sendable, Hashable {
        /// It returned an outcome with this status.
        case returned(status: Int)
        /// It threw.
        ///
        /// - final: whether the policy calls the error final, so that there is an outcome to store for it.
        /// - sqlState: of the error itself, if it is the database's.
        case threw(final: Bool, sqlState: String?)
        /// It threw what a statement had thrown that was given up at the policy's deadline.
        case cutOff
        /// It returned, and COMMIT answered with an error that is a definite rollback.
        case refusedAtCommit(sqlState: String?)
    }

    /// The state of the transaction.
    enum TransactionState: Sendable, Hashable {
        /// It can be committed.
        case healthy
        /// A statement failed in it, with this SQLSTATE where it is known: only ROLLBACK is possible.
        case aborted(sqlState: String?)
        /// The connection is gone, and COMMIT was not sent: the server rolls back by itself.
        case lost
    }
}
