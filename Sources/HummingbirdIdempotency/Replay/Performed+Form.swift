import Idempotency

extension Performed {
    /// What a replay may contain: as much as both the row and the policy of now allow.
    ///
    /// A route whose answers were found to hold a secret stops repeating them when its policy changes, also those that are stored whole;
    /// and what was not stored cannot come back. Errors are stored whole under each form, and stay so.
    func form(under policy: IdempotencyPolicy) -> ReplayForm {
        switch (form, outcome.status < 400 ? policy.replay : .snapshot) {
        case (.none, _), (_, .none): .none
        case (.reference, _), (_, .reference): .reference
        case (.snapshot, .snapshot): .snapshot
        }
    }
}
