/// What ``Idempotency/perform(scope:key:fingerprint:policy:finalOutcome:isolation:_:)`` answers.
public struct Performed: Sendable {
    /// Where the outcome comes from.
    public enum Disposition: Sendable, Hashable {
        /// The work ran now, and its outcome is committed.
        case executed
        /// The work did not run: this is the outcome of an earlier run.
        case replayed
        /// The work ran and answered 5xx: its writes are undone, nothing is stored, a retry runs again.
        case notStored
    }

    /// The answer.
    public let outcome: Outcome
    /// Where it comes from.
    public let disposition: Disposition

    /// Pairs them.
    public init(outcome: Outcome, disposition: Disposition) {
        self.outcome = outcome
        self.disposition = disposition
    }
}
