import Hummingbird
import Idempotency
import LibPQ
import Logging
import NIOCore
import ServiceLifecycle
import UnixSignals

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The running service: the HTTP server and what it stands on, started and stopped in order.
struct PaymentsServer {
    let settings: ServerSettings
    let database: Database
    let logger: Logger

    /// How long running requests may take to end after SIGTERM. Orchestrators usually kill after 30 seconds; what is cut
    /// off here is rolled back, and the client's retry runs it.
    static let drainLimit: Duration = .seconds(25)

    /// Serves until SIGTERM or SIGINT.
    /// - Throws: ``ListenError`` when the address cannot be listened on.
    func run() async throws {
        let policy = settings.protection.policy
        let idempotency = Idempotency(pool: database.pool, policy: policy, logger: logger)
        // A short retention shortens more than itself.
        logger.info(
            "Keys are kept for \(policy.retention); a request may take \(policy.handlerDeadline), a retry waits \(policy.waitBudget) for it"
        )
        let router = PaymentsRouter(settings: settings, database: database, idempotency: idempotency).build()
        let application = Application(
            router: router,
            configuration: ApplicationConfiguration(
                address: .hostname(settings.host, port: settings.port), serverName: "payments",
                // The kernel's usual limit; the default of 256 refuses a benchmark's first burst.
                backlog: 1024),
            onServerRunning: { announce($0) },
            logger: quiet
        )
        // Stopped from the end: no more requests, no more purging, then the pool, and the database under it last.
        var services: [any Service] = [
            database.pool, PurgeService(pool: database.pool, logger: logger), ListeningService(application, settings),
        ]
        if let server = database.server { services.insert(server, at: 0) }
        var configuration = ServiceGroupConfiguration(
            services: services.map { ServiceGroupConfiguration.ServiceConfiguration(service: $0) },
            gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet)
        configuration.maximumGracefulShutdownDuration = Self.drainLimit
        try await ServiceGroup(configuration: configuration).run()
        logger.info("Stopped")
    }

    /// For the frameworks' own remarks: their errors reach `Failure`, which says them once and in a sentence.
    private var quiet: Logger {
        var logger = logger
        if logger.logLevel >= .info { logger.logLevel = .critical }
        return logger
    }

    /// Prints the line that scripts wait for.
    private func announce(_ channel: any Channel) {
        let host = settings.host.contains(":") ? "[\(settings.host)]" : settings.host
        print("listening on http://\(host):\(channel.localAddress?.port ?? settings.port)")
        fflush(nil)  // not line-buffered when it is a pipe
    }
}

/// The HTTP server as a service, with a failure to listen told apart from all others.
private struct ListeningService<Server: Service>: Service {
    let server: Server
    let settings: ServerSettings

    init(_ server: Server, _ settings: ServerSettings) {
        self.server = server
        self.settings = settings
    }

    func run() async throws {
        do {
            try await server.run()
        } catch let error as CancellationError {
            throw error
        } catch {
            throw ListenError(address: "\(settings.host):\(settings.port)", error: error)
        }
    }
}
