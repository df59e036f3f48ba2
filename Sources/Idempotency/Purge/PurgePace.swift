/// How large the next batch is, and whether there is one: events in, steps out.
struct PurgePace: Sendable {
    /// How a batch ended.
    enum Event: Sendable, Hashable {
        /// It removed so many keys.
        case removed(Int)
        /// It took longer than it may.
        case timedOut
    }

    /// What to do next.
    enum Step: Sendable, Hashable {
        /// There may be more: another batch.
        case continuePass
        /// Nothing is left to remove.
        case endPass
        /// Even the smallest batch takes too long: leave it to a later pass.
        case abandonPass
    }

    /// Batches do not shrink below this: when 100 keys take too long, size is not the reason.
    static let smallest = 100

    private let maximum: Int

    /// The size of the next batch.
    private(set) var batchSize: Int

    init(maximum: Int) {
        self.maximum = maximum
        self.batchSize = maximum
    }

    /// Takes note of a batch's end. After a timeout the size is halved; each full batch adds a quarter again, slowly,
    /// because trying too much costs a whole timeout.
    mutating func after(_ event: Event) -> Step {
        switch event {
        case .removed(let count) where count >= batchSize:
            batchSize = min(maximum, batchSize + max(1, batchSize / 4))
            return .continuePass
        case .removed:
            return .endPass
        case .timedOut:
            guard batchSize > Self.smallest else { return .abandonPass }
            batchSize = max(Self.smallest, batchSize / 2)
            return .continuePass
        }
    }
}
