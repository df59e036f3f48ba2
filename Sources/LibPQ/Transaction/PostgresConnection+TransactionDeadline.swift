/// A deadline for all statements of a transaction together.
extension PostgresConnection {
    /// Gives up each statement of an open transaction that has not ended by then, as if it had been called with this deadline. COMMIT
    /// and ROLLBACK are not statements in this sense.
    package func setDeadline(_ deadline: ContinuousClock.Instant, of transaction: PostgresTransaction) {
        if self.transaction?.id == transaction.id { self.transaction?.deadline = MonotonicInstant(deadline) }
    }

    /// Whether ``setDeadline(_:of:)`` has ended a statement of an open transaction, or kept one from being sent, whatever became of the
    /// error.
    package func hasMissedDeadline(_ transaction: PostgresTransaction) -> Bool {
        self.transaction?.id == transaction.id && self.transaction?.missedDeadline == true
    }

    /// Takes note of a statement that ended, or did not begin, because of its transaction's deadline.
    func noteDeadline(_ id: UInt64?, _ error: PostgresError) {
        guard error.code == .timedOut, let open = transaction, open.id == id, let deadline = open.deadline else {
            return
        }
        if deadline <= .now { transaction?.missedDeadline = true }
    }
}
