extension PurgeService {
    /// How keys whose retention is over are removed.
    public struct Configuration: Sendable, Hashable {
        /// Whether anything is removed at all. Default true. A disabled service only waits for shutdown: for
        /// deployments where one instance purges for all.
        public var isEnabled: Bool

        /// The time between two passes. Default 60 seconds; positive.
        public var interval: Duration

        /// By which part of the interval each pause is lengthened or shortened at random, 0 to 1. Default 0.2, so that
        /// instances started together do not purge together.
        public var jitter: Double

        /// The most keys that one transaction removes. Default 5000, measured three times as fast as 1000; at least 1.
        public var batchSize: Int

        /// The pause between two batches of a pass. Default 50 ms, which leaves the disk to the requests. `.zero` for
        /// none.
        public var batchPause: Duration

        /// How long a key stays after its retention is over. Default 60 seconds; not negative.
        public var grace: Duration

        /// How long one batch may take. Default 10 seconds; at least 1 ms. Past it the next batch is half as large.
        public var statementTimeout: Duration

        /// How long one transaction, prepared transaction or replication slot may keep vacuum from removing what was purged
        /// before the running service logs a warning, once for each. Default 15 minutes, longer than requests and most reports
        /// take; nil for no warning, else not negative.
        ///
        /// Looked at after a pass that removed keys. Of other roles' sessions PostgreSQL tells a role without
        /// `pg_read_all_stats` neither since when they do so nor their state; the time then counts from the first look, as it
        /// does for replication slots.
        public var horizonWarning: Duration?

        /// Makes a configuration; what is not named has its default.
        public init(
            isEnabled: Bool = true,
            interval: Duration = .seconds(60),
            jitter: Double = 0.2,
            batchSize: Int = 5000,
            batchPause: Duration = .milliseconds(50),
            grace: Duration = .seconds(60),
            statementTimeout: Duration = .seconds(10),
            horizonWarning: Duration? = .minutes(15)
        ) {
            self.isEnabled = isEnabled
            self.interval = interval
            self.jitter = jitter
            self.batchSize = batchSize
            self.batchPause = batchPause
            self.grace = grace
            self.statementTimeout = statementTimeout
            self.horizonWarning = horizonWarning
        }

        /// The pause before the first pass: short, so that a service which is restarted often purges at all.
        ///
        /// - Parameter random: 0 to 1.
        func firstPause(random: Double) -> Duration { interval * (jitter * random) }

        /// The pause between two passes.
        ///
        /// - Parameter random: 0 to 1.
        func pause(random: Double) -> Duration { interval + interval * (jitter * (2 * random - 1)) }

        /// Stops a program that asks for what cannot be.
        func check() {
            precondition(interval > .zero, "interval must be positive")
            precondition(0...1 ~= jitter, "jitter must be 0 to 1")
            precondition(batchSize >= 1, "batchSize must be at least 1")
            precondition(grace >= .zero, "grace must not be negative")
            precondition(statementTimeout >= .milliseconds(1), "statementTimeout must be at least 1 ms")
            precondition(horizonWarning.map { $0 >= .zero } ?? true, "horizonWarning must not be negative")
        }
    }
}
