public import LibPQ
public import Logging
public import ServiceLifecycle

/// Removes keys whose retention is over: in batches, at an interval, until graceful shutdown.
///
/// Several instances may run against one database: each takes rows that no other has locked. A key that is being
/// reclaimed is left alone. An error is logged and the service goes on at the next interval; it never ends its service
/// group.
///
/// Dead rows stay while somebody holds a snapshot from before; ``Configuration/horizonWarning`` says after how long that is logged.
///
/// List it after the pool in the group, so that it stops before the pool does.
public struct PurgeService: Service {
    private let pool: PostgresPool
    private let configuration: Configuration
    private let clock: any Clock<Duration>
    private let logger: Logger

    /// Makes the service; nothing happens before ``run()``.
    ///
    /// - Parameters:
    ///   - pool: one connection of it is leased for each batch.
    ///   - configuration: what, how much, how often. Values that cannot be stop the program.
    ///   - clock: measures the pauses. Which keys are over is the database's clock's to say.
    ///   - logger: gets how many keys went, errors, and who keeps vacuum from removing them.
    public init(
        pool: PostgresPool,
        configuration: Configuration = Configuration(),
        clock: any Clock<Duration> = ContinuousClock(),
        logger: Logger = Logger(label: "idempotency.purge")
    ) {
        configuration.check()
        self.pool = pool
        self.configuration = configuration
        self.clock = clock
        self.logger = logger
    }

    /// Purges until graceful shutdown or cancellation. A batch that runs at that moment is rolled back.
    public func run() async throws {
        guard configuration.isEnabled else {
            // Returning would end the whole service group.
            return try await gracefulShutdown()
        }
        await cancelWhenGracefulShutdown {
            await purgeUntilCancelled()
        }
    }

    /// Removes all keys that are due now, in batches. Of those whose late retries are still refused, everything but that they were
    /// used.
    ///
    /// - Returns: how many keys were removed altogether.
    /// - Throws: `PostgresError`; `57014` when even small batches take longer than `statementTimeout`. Batches before
    ///   the error stay removed. `CancellationError` between two batches.
    @discardableResult
    public func purgeOnce() async throws -> Int {
        var pace = PurgePace(maximum: configuration.batchSize)
        return try await pass(&pace).deleted
    }

    private func purgeUntilCancelled() async {
        // Kept from pass to pass: a size that took too long a minute ago still does.
        var pace = PurgePace(maximum: configuration.batchSize)
        var watch = configuration.horizonWarning.map { HorizonWatch(limit: $0) }
        var pause = configuration.firstPause(random: .random(in: 0...1))
        while !Task.isCancelled {
            do {
                try await clock.sleep(for: pause)
                pause = configuration.pause(random: .random(in: 0...1))
                let count = try await pass(&pace)
                if count.total > 0 {
                    logger.debug(
                        "Purged expired keys",
                        metadata: ["count": "\(count.deleted)", "remembered": "\(count.remembered)"])
                    await look(at: &watch)
                }
            } catch  where Task.isCancelled {
                return
            } catch {
                logger.warning(
                    "Purging expired keys failed; trying again later",
                    metadata: ["error": "\(error)", "batch_size": "\(pace.batchSize)", "pause": "\(pause)"])
            }
        }
    }

    /// Warns when somebody has kept vacuum from removing what was purged for too long.
    private func look(at watch: inout HorizonWatch?) async {
        do throws(PostgresError) {
            guard watch != nil else { return }
            let holder = try Ledger.horizonHolder(try await pool.query(Ledger.horizon))
            guard let holder, let heldFor = watch?.warning(about: holder) else { return }
            logger.warning(
                "An old snapshot keeps vacuum from removing purged keys; the table grows until its holder ends",
                metadata: [
                    "holder": "\(holder.name)", "state": "\(holder.state ?? "unknown")", "held_for": "\(heldFor)",
                ])
        } catch {
            // The purge itself went well, and the next one looks again.
            logger.debug("Cannot see what keeps vacuum from removing purged keys", metadata: ["error": "\(error)"])
        }
    }

    private func pass(_ pace: inout PurgePace) async throws -> PurgeCount {
        var total = PurgeCount()
        while true {
            try Task.checkCancellation()
            let step: PurgePace.Step
            do {
                let count = try await removeBatch(of: pace.batchSize)
                total += count
                step = pace.after(.removed(count.total))
            } catch let error as PostgresError where error.sqlState == .queryCanceled {
                step = pace.after(.timedOut)
                if step == .abandonPass { throw error }
                logger.notice(
                    "Purging took too long; going on with smaller batches",
                    metadata: ["batch_size": "\(pace.batchSize)"])
            }
            if step == .endPass { return total }
            if configuration.batchPause > .zero { try await clock.sleep(for: configuration.batchPause) }
        }
    }

    private func removeBatch(of size: Int) async throws -> PurgeCount {
        let timeout = configuration.statementTimeout.wholeMilliseconds
        let statement = Ledger.purge(batchSize: size, grace: configuration.grace)
        return try await pool.withTransaction { transaction in
            // LOCAL, so that the connection goes back as it came.
            try Ledger.purgeCount(
                await transaction.pipeline("SET LOCAL statement_timeout = \(unescaped: "\(timeout)")", statement).1)
        }
    }
}
