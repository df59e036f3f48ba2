#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

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

    /// What ``outcome`` holds of the answer when it is a replay; `.snapshot`, the whole, in every other case.
    public let form: ReplayForm
    /// When the key's retention is over, by the database's clock; nil when nothing is stored.
    public let expiresAt: Date?

    /// Puts them together.
    public init(outcome: Outcome, disposition: Disposition, form: ReplayForm = .snapshot, expiresAt: Date? = nil) {
        self.outcome = outcome
        self.disposition = disposition
        self.form = form
        self.expiresAt = expiresAt
    }
}
