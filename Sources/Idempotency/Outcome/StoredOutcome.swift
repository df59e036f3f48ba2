#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// A committed outcome as its row has it: what a replay answers.
struct StoredOutcome: Sendable, Hashable {
    /// The answer, as far as it is stored.
    var outcome: Outcome

    /// How far that is.
    var form: ReplayForm = .snapshot

    /// When its retention is over, by the database's clock.
    var expiresAt: Date
}

extension Performed {
    /// A replay of what is stored.
    init(replaying stored: StoredOutcome) {
        self.init(outcome: stored.outcome, disposition: .replayed, form: stored.form, expiresAt: stored.expiresAt)
    }

    /// What a replay of this would answer; nil when nothing is stored.
    ///
    /// - Parameter policy: under which the work ran, if it did.
    func stored(under policy: IdempotencyPolicy) -> StoredOutcome? {
        guard disposition != .notStored, let expiresAt else { return nil }
        let (outcome, form) = disposition == .replayed ? (outcome, form) : outcome.stored(under: policy)
        return StoredOutcome(outcome: outcome, form: form, expiresAt: expiresAt)
    }
}
