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

    @Option(name: .customLong("set"), help: "A server setting, name=value.")
    var settings: [String] = []

    func run() async throws {
        var logger = Logger(label: "serve", factory: StreamLogHandler.standardError(label:))
        logger.logLevel = .error
        let pairs = settings.map { $0.split(separator: "=", maxSplits: 1).map(String.init) }
        let server = try await EmbeddedPostgres.start(
            .kept(directory: directory),
            settings: Dictionary(uniqueKeysWithValues: pairs.map { ($0[0], $0.count > 1 ? $0[1] : "") }), logger: logger
        )
        print("listening on \(server.url)")
        fflush(nil)  // not line-buffered when it is a file
        try await ServiceGroup(services: [server], gracefulShutdownSignals: [.sigterm], logger: logger).run()
    }
}
