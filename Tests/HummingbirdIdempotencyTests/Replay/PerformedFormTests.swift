import Idempotency
import Testing

@testable import HummingbirdIdempotency

@Suite("What a replay may contain")
struct PerformedFormTests {
    @Test(
        "is the stricter of what the row holds and what the policy allows now",
        arguments: [
            (.snapshot, .snapshot, .snapshot), (.snapshot, .reference, .reference), (.snapshot, .none, .none),
            (.reference, .snapshot, .reference), (.reference, .reference, .reference), (.reference, .none, .none),
            (.none, .snapshot, .none), (.none, .reference, .none), (.none, .none, .none),
        ] as [(ReplayForm, ReplayForm, ReplayForm)])
    func stricter(stored: ReplayForm, allowed: ReplayForm, form: ReplayForm) {
        for status in [200, 303, 399] {
            let performed = Performed(outcome: Outcome(status: status), disposition: .replayed, form: stored)
            #expect(performed.form(under: IdempotencyPolicy(replay: allowed)) == form)
        }
    }

    @Test(
        "of an error is what the row holds: errors are stored whole",
        arguments: [ReplayForm.snapshot, .reference, .none])
    func error(allowed: ReplayForm) {
        for status in [400, 402, 499] {
            let performed = Performed(outcome: Outcome(status: status), disposition: .replayed)
            #expect(performed.form(under: IdempotencyPolicy(replay: allowed)) == .snapshot)
        }
    }
}
