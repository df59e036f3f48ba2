/// The time that a pool's upkeep goes by, counted on the scale of `ContinuousClock`, so that a test can let ten minutes pass at once.
///
/// What a caller waits for is not measured with it: a caller's deadline is an instant of the real clock.
struct PoolTime: Sendable {
    /// The time now.
    let now: @Sendable () -> ContinuousClock.Instant
    /// Returns after this long, or throws when the task is cancelled.
    let sleep: @Sendable (Duration) async throws -> Void

    static let continuous = PoolTime(
        now: { ContinuousClock.now }, sleep: { try await Task.sleep(for: $0, clock: .continuous) })

    private init(
        now: @escaping @Sendable () -> ContinuousClock.Instant,
        sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.now = now
        self.sleep = sleep
    }

    /// The time of another clock, from now on.
    init(_ clock: some Clock<Duration>) {
        let (start, origin) = (ContinuousClock.now, clock.now)
        self.init(
            now: { start + origin.duration(to: clock.now) }, sleep: { try await clock.sleep(for: $0) })
    }
}
