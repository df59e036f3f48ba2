import ArgumentParser

/// `payments serve`: answers requests until SIGTERM or SIGINT.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Serve requests (the default). SIGTERM and SIGINT let running requests end.")

    @Option(help: "The address to listen on (HOST; default 127.0.0.1).")
    var host: String?

    @Option(help: "The port to listen on, 0 for a free one (PORT; default 8080).")
    var port: Int?

    @Flag(help: "Do not apply pending migrations.")
    var noMigrate = false

    func run() async throws {
        try await Failure.reported {
            let reader = Settings.reader(host: host, port: port)
            let settings = try ServerSettings(reader)
            let logger = settings.logging.bootstrap()
            let database = try await Database.open(try DatabaseSettings(reader), logger: logger)
            do {
                if !noMigrate {
                    try await database.migrate()
                    if database.isEmbedded { try await database.seedIfEmpty() }
                }
                try await PaymentsServer(settings: settings, database: database, logger: logger).run()
            } catch {
                try? await database.close()
                throw error
            }
            try await database.close()
        }
    }
}
