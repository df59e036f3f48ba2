/// How many new keys each scope may still use: ``NewKeyLimit`` as a value, without clock or lock.
///
/// A bucket that is full again says no more than one that is absent, and only such buckets are dropped.
struct NewKeyTable<Instant: InstantProtocol> where Instant.Duration == Duration {
    /// Whether a key may be used.
    enum Admission: Hashable {
        case admitted
        /// Not before this much time is over.
        case refused(retryAfter: Duration)
    }

    private struct Bucket: Hashable {
        let scope: Scope
        let limit: NewKeyLimit
    }

    /// When each bucket will be full again: the theoretical arrival time of the generic cell rate algorithm.
    private var fullAt: [Bucket: Instant] = [:]

    /// Looking for full buckets takes time for each that there is; so many newcomers pay for it.
    private var newcomersUntilSweep: Int

    private let capacity: Int

    /// Below this number of buckets it is not worth looking.
    private static var smallest: Int { 1024 }

    /// - Parameter capacity: how many scopes are remembered. 65,536 take about 10 MB.
    init(capacity: Int = 1 << 16) {
        self.capacity = capacity
        newcomersUntilSweep = min(Self.smallest, capacity)
    }

    /// The number of scopes that are remembered.
    var count: Int { fullAt.count }

    /// A scope wants to use a new key.
    mutating func admit(scope: String, limit: NewKeyLimit, now: Instant) -> Admission {
        let bucket = Bucket(scope: Scope(scope), limit: limit)
        let known = fullAt[bucket]
        let next = max(known ?? now, now).advanced(by: limit.period / limit.count)
        let excess = now.duration(to: next) - limit.period
        guard excess <= .zero else { return .refused(retryAfter: excess) }
        if known != nil || makeRoom(now) { fullAt[bucket] = next }
        return .admitted
    }

    private mutating func makeRoom(_ now: Instant) -> Bool {
        newcomersUntilSweep -= 1
        if newcomersUntilSweep < 0 {
            fullAt = fullAt.filter { $0.value > now }
            newcomersUntilSweep = min(max(fullAt.count, Self.smallest), capacity)
        }
        return fullAt.count < capacity
    }
}
