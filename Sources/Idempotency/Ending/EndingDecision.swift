/// What follows the end of a unit of work: the protocol's table of endings as a pure function.
///
/// Every case but `commit` ends the transaction with ROLLBACK first.
enum EndingDecision: Sendable, Hashable {
    /// Store the outcome and COMMIT.
    case commit
    /// Store the error's outcome with the key in a second transaction.
    case storeFinal
    /// Nothing is stored, the key is free: hand on the answer that was returned or the error that was thrown.
    case handOn
    /// Run the whole unit again.
    case rerun
    /// Nothing is stored, the key is free: report this instead of the answer, which would be untrue.
    case fail(Failure)

    /// Why an answer cannot be given.
    enum Failure: Sendable, Hashable {
        /// The work swallowed an error and returned success from a transaction that had failed.
        case transactionAborted(sqlState: String?)
        /// The connection broke before COMMIT was sent.
        case connectionLost
        /// COMMIT was refused, for example by a deferred constraint.
        case refusedAtCommit(sqlState: String?)
        /// The policy's deadline passed before the work was done.
        case deadlineExceeded
        /// Serialization failures or deadlocks in every run that the policy allows.
        case rerunsExhausted(sqlState: String)
    }

    /// Decides.
    ///
    /// - Parameters:
    ///   - end: how the work ended.
    ///   - rerunsLeft: how often the unit may still run again.
    static func after(_ end: WorkEnd, rerunsLeft: Int) -> EndingDecision {
        let conflict = end.conflict
        if conflict != nil, rerunsLeft > 0, !end.isLate { return .rerun }

        switch end.result {
        case .refusedAtCommit(let sqlState):
            return .fail(conflict.map { .rerunsExhausted(sqlState: $0) } ?? .refusedAtCommit(sqlState: sqlState))

        case .returned(let status) where status >= 500:
            // Not stored whatever the transaction's state, so the answer is true.
            return .handOn

        case .returned where end.isLate, .cutOff:
            return .fail(.deadlineExceeded)

        case .returned:
            if let conflict { return .fail(.rerunsExhausted(sqlState: conflict)) }
            switch end.transaction {
            case .healthy: return .commit
            case .aborted(let sqlState): return .fail(.transactionAborted(sqlState: sqlState))
            case .lost: return .fail(.connectionLost)
            }

        case .threw(final: true, _) where end.transaction != .lost && !end.missedDeadline && !end.failedForTheMoment:
            // An aborted transaction is no obstacle: a unique violation answered with 409 is the ordinary case. A
            // lost connection, a statement that was given up or one that might succeed a moment later is one: what the work
            // concluded from it would be stored for the retention. That it is late is none: its writes are undone anyway.
            return .storeFinal

        case .threw:
            return .handOn
        }
    }
}

extension WorkEnd {
    /// The SQLSTATE of a conflict between transactions that a new run may not meet again: 40001 or 40P01.
    fileprivate var conflict: String? { sqlStates.first { $0 == "40001" || $0 == "40P01" } }

    /// Whether a statement failed that might succeed a moment later: a conflict, a lock not granted in time, a statement that was
    /// cancelled, a plan that had become stale, a server without room.
    ///
    /// Source: PostgreSQL, appendix A "PostgreSQL Error Codes", classes 53 and 58 for the last.
    fileprivate var failedForTheMoment: Bool {
        conflict != nil
            || sqlStates.contains {
                ["55P03", "57014", "0A000", "26000"].contains($0) || $0.hasPrefix("53") || $0.hasPrefix("58")
            }
    }

    /// The error that aborted the transaction comes first; the work may have thrown another because of it.
    private var sqlStates: [String] {
        var candidates: [String?] = []
        if case .aborted(let sqlState) = transaction { candidates.append(sqlState) }
        switch result {
        case .threw(_, let sqlState), .refusedAtCommit(let sqlState): candidates.append(sqlState)
        case .returned, .cutOff: break
        }
        return candidates.compactMap(\.self)
    }
}
