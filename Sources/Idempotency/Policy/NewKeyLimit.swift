/// How many keys a scope may use for the first time in a period. What is over it gets 429 with the time until it may try again; its work
/// does not run, and nothing is stored.
///
/// A scope that was silent may use `count` keys at once; from then on one becomes free each `period / count`. That is the generic cell
/// rate algorithm: no timer, and one instant of memory for a scope.
///
/// A key counts each time that it is claimed, before its work runs: one whose work failed has left nothing behind, and its retry counts
/// again. A retry of a stored key never counts and is never refused.
///
/// Only after the claim is it known that a key is new. So a refusal costs the claim's round trip, a ROLLBACK for which nobody waits, and
/// a dead row for vacuum: far less than the work, but more than nothing. A limit on requests belongs in front of the service.
///
/// Each `Idempotency` counts for itself, in memory: with four instances behind a balancer a scope gets up to four times as much, and a
/// restart forgets. Routes with equal limits share one. At most 65,536 scopes are counted at a time. When so many are, further scopes
/// are not limited until it is found, at the latest with the 65,536th of them, that some were silent for their period.
public struct NewKeyLimit: Sendable, Hashable {
    /// The number of keys, at least 1.
    public var count: Int

    /// The period.
    public var period: Duration

    /// Makes a limit.
    public init(_ count: Int, per period: Duration) {
        self.count = count
        self.period = period
    }
}
