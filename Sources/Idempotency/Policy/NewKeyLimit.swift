/// How many keys a scope may use for the first time in a period. What is over it gets 429; nothing is stored.
///
/// Retries of keys that are stored are not counted.
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
