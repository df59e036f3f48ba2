/// Why a request was not found to be idempotent. Its description is made for the log of a test: it quotes statements and rows.
public struct IdempotencyTestingError: Error, Sendable {
    /// What kind of failure this is. More codes may come; switch with a `default`.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The code's name, as in the source.
        public let description: String

        /// The request is not idempotent: after a retry the database or the answer is another than after one undisturbed run.
        public static let notIdempotent = Code(description: "notIdempotent")
        /// Two undisturbed runs differ, so that no third one can be compared with them. The message names the columns: give them a default that
        /// is not constant, or ignore them.
        public static let nondeterministic = Code(description: "nondeterministic")
        /// The request fails already when nothing disturbs it.
        public static let requestFailed = Code(description: "requestFailed")
        /// The request came by no statement that could be cut: it does not use the database that it was given, for instance.
        public static let nothingTested = Code(description: "nothingTested")
        /// A column that is to be ignored does not exist.
        public static let unknownColumn = Code(description: "unknownColumn")
        /// There is no server, or it cannot be put behind a proxy because it is not on this machine.
        public static let serverUnusable = Code(description: "serverUnusable")
    }

    /// What kind of failure this is.
    public let code: Code
    /// What happened.
    public let message: String
    /// Where the connection was cut; nil when it was not.
    public let cut: ConnectionCut?
    /// The rows that differ, the engine's own last.
    public let differences: [StateDifference]
    /// The error that caused this one, if any.
    public let underlying: (any Error)?

    init(
        _ code: Code, _ message: String, cut: ConnectionCut? = nil, differences: [StateDifference] = [],
        underlying: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.cut = cut
        self.differences = differences
        self.underlying = underlying
    }
}

extension IdempotencyTestingError: CustomStringConvertible {
    /// So many rows show what is wrong; more would hide it.
    private static let shownDifferences = 20

    /// Code, message, every difference on a line of its own, and the cause.
    public var description: String {
        var lines = ["IdempotencyTestingError.\(code): \(message)"]
        lines += differences.prefix(Self.shownDifferences).map { "  \($0)" }
        if differences.count > Self.shownDifferences {
            lines.append("  and \(differences.count - Self.shownDifferences) more")
        }
        if let underlying { lines.append("  caused by \(String(reflecting: underlying))") }
        return lines.joined(separator: "\n")
    }
}
