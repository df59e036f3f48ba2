import ArgumentParser
import Idempotency
import LibPQ
import Logging
import ServiceLifecycle
import UnixSignals

/// `idempotency purge`.
struct PurgeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "purge", abstract: "Removes keys whose retention is over, once or at an interval.",
        discussion: """
            Services purge by themselves; this is for those that do not, by hand or from cron. In batches, each a transaction \
            of its own, and beside any other purge. SIGTERM and SIGINT end it; what was removed stays removed.
            """)

    @OptionGroup
    var database: DatabaseOptions

    @Flag(help: "Remove what is due and end. This is the default.")
    var once = false

    @Option(
        help: ArgumentHelp(
            "Go on: a pass each 60s, or 500ms, 5m, 24h. Reports on standard error.", valueName: "duration"),
        transform: Duration.init(argument:))
    var every: Duration?

    @Option(
        help: ArgumentHelp("How long a key stays after its retention: 60s unless given.", valueName: "duration"),
        transform: Duration.init(argument:))
    var grace: Duration = .seconds(60)

    @Option(help: ArgumentHelp("How many keys one transaction removes.", valueName: "count"))
    var batchSize = PurgeService.Configuration().batchSize

    @Option(help: "With --once: table for people, json for scripts.")
    var format = OutputFormat.table

    func validate() throws {
        guard !once || every == nil else { throw ValidationError("Give one of --once and --every.") }
        guard 1...1_000_000 ~= batchSize else { throw ValidationError("--batch-size must be 1 to 1000000.") }
    }

    func run() async throws {
        var configuration = PostgresPool.Configuration(connection: try database.configuration())
        configuration.maximumConnections = 1
        configuration.connection.adaptToTransactionPooling()
        let pool = PostgresPool(configuration: configuration, logger: .quiet)
        do throws(PostgresError) {
            _ = try await pool.query("SELECT 1")
        } catch {
            await pool.close()
            throw DatabaseFailure(cause: error)
        }
        if let every {
            try await purge(pool, every: every)
        } else {
            try await purgeOnce(pool)
        }
    }

    private func settings(interval: Duration = .seconds(60)) -> PurgeService.Configuration {
        PurgeService.Configuration(interval: interval, batchSize: batchSize, grace: grace)
    }

    private func purgeOnce(_ pool: PostgresPool) async throws {
        let purge = PurgeService(pool: pool, configuration: settings(), logger: .quiet)
        let result: Result<Int, any Error>
        do {
            result = .success(try await purge.purgeOnce())
        } catch let error as PostgresError {
            result = .failure(LedgerFailure(cause: error))
        }
        await pool.close()
        let removed = try result.get()
        switch format {
        case .table: print("Removed \(removed) \(removed == 1 ? "key" : "keys").")
        case .json: print(try ["removed": removed].json())
        }
    }

    private func purge(_ pool: PostgresPool, every interval: Duration) async throws {
        var logger = Logger(label: "idempotency.purge", factory: StreamLogHandler.standardError(label:))
        logger.logLevel = .debug
        let purge = PurgeService(pool: pool, configuration: settings(interval: interval), logger: logger)
        let group = ServiceGroup(
            services: [pool, purge], gracefulShutdownSignals: [.sigterm, .sigint], logger: .quiet)
        try await group.run()
    }
}
