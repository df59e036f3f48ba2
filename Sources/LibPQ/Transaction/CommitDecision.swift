/// What the answer to COMMIT means. Pure, because this is where other clients have lost money.
///
/// Source: docs/protocol.md, "COMMIT is believed only when it says COMMIT".
enum CommitDecision: Equatable {
    case committed
    /// Definitely not; the error says why.
    case rolledBack
    /// The server ended an aborted transaction: COMMIT *succeeded* with the tag ROLLBACK.
    case aborted
    case unknown

    /// The answer came, with this command tag.
    init(tag: String, notices: [ServerDiagnostics]) {
        if tag != "COMMIT", !Mutant.commitTagIgnored.isActive {
            self = .aborted
        } else if notices.contains(where: Self.isDoubt), !Mutant.commitWarningIgnored.isActive {
            self = .unknown
        } else {
            self = .committed
        }
    }

    /// For instance a wait for synchronous replication that was cancelled: committed here, perhaps not there.
    static func isDoubt(_ notice: ServerDiagnostics) -> Bool {
        notice.severity == "WARNING" && notice.sqlState == .warning
    }

    /// The answer was an error.
    init(failure sqlState: SQLState?) {
        switch sqlState {
        case nil, .statementCompletionUnknown?: self = .unknown
        case let state? where state.errorClass == "08" || state.rawValue.hasPrefix("57P"): self = .unknown
        default: self = .rolledBack
        }
    }
}
