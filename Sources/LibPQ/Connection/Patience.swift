/// How long one flush may take, and whether its caller may give up.
///
/// A value type that decides; ``PostgresConnection`` does what it says.
struct Patience {
    /// Why a flush is given up.
    enum Reason {
        case deadline, cancellation
    }

    /// What to do when a wait has ended without the socket being ready.
    enum Verdict: Equatable {
        /// Ask the server to cancel what it runs, and wait on.
        case cancelStatement
        /// Nothing is known about the connection any more: close it.
        case discard
    }

    /// When the present wait ends at the latest; nil waits for ever.
    private(set) var deadline: MonotonicInstant?
    /// Whether the end of the caller's task ends the wait. Never for COMMIT and ROLLBACK.
    private(set) var heedsCancellation: Bool
    /// Why the server was asked to cancel; nil as long as it was not.
    private(set) var reason: Reason?

    /// The statement is cancelled at the deadline or with the caller's task. Then it has `grace` to end.
    private let grace: Duration?
    private var end: MonotonicInstant?
    private var pause = Self.firstPause

    /// A request may overtake the statement that it is for, and is ignored then: it is repeated, less and less often.
    private static let firstPause: Duration = .milliseconds(250)

    /// For statements of the caller's.
    init(deadline: MonotonicInstant?, heedsCancellation: Bool, grace: Duration) {
        self.deadline = deadline
        self.heedsCancellation = heedsCancellation
        self.grace = grace
    }

    /// For COMMIT, ROLLBACK and the connection's own statements: never cancelled, and past the deadline the connection is
    /// discarded.
    init(uncancellableUntil deadline: MonotonicInstant) {
        self.deadline = deadline
        heedsCancellation = false
        grace = nil
    }

    /// A wait was interrupted, or lasted until ``deadline``.
    mutating func giveUp(_ reason: Reason, now: MonotonicInstant) -> Verdict {
        guard let grace else { return .discard }
        let end = end ?? now + grace
        if now >= end { return .discard }
        self.end = end
        self.reason = self.reason ?? reason
        heedsCancellation = false
        deadline = min(end, now + pause)
        pause *= 2
        return .cancelStatement
    }

    /// Nothing is left to repeat: the next wait may last as long as the grace does.
    mutating func awaitEnd() { deadline = end ?? deadline }
}
