import ArgumentParser
import EmbeddedPostgres
import Logging
import ServiceLifecycle
import UnixSignals

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Starts the server that every client is measured against, with PostgreSQL's durable defaults, until SIGTERM.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "serve")

    @Argument(help: "The server's directory.")
    var directory: String

    func run() async throws {
        var logger = Logger(label: "serve", factory: StreamLogHandler.standardError(label:))
        logger.logLevel = .error
        let server = try await EmbeddedPostgres.start(.kept(directory: directory), logger: logger)
        print("listening on \(server.url)")
        fflush(nil)  // not line-buffered when it is a file
        try await ServiceGroup(services: [server], gracefulShutdownSignals: [.sigterm], logger: logger).run()
    }
}
