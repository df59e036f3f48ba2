#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// A committed outcome as its row has it: what a replay answers.
struct StoredOutcome: Sendable, Hashable {
    /// The answer, as far as it is stored.
    var outcome: Outcome

    /// When its retention is over, by the database's clock.
    var expiresAt: Date
}

extension Performed {
    /// A replay of what is stored.
    init(replaying stored: StoredOutcome) {
        self.init(outcome: stored.outcome, disposition: .replayed, expiresAt: stored.expiresAt)
    }

    /// What a replay of this would answer; nil when nothing is stored.
    var stored: StoredOutcome? {
        guard disposition != .notStored, let expiresAt else { return nil }
        return StoredOutcome(outcome: outcome.replayable, expiresAt: expiresAt)
    }
}
