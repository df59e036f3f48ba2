import ArgumentParser

/// `payments migrate`: brings the database up to date and says what it did.
struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate", abstract: "Apply pending migrations: the ledger's and the service's own.")

    func run() async throws {
        try await Failure.reported {
            let reader = Settings.reader()
            let logger = try LoggingSettings(reader).bootstrap()
            try await Database.with(try DatabaseSettings(reader), logger: logger) { database in
                let applied = try await database.migrate()
                for name in applied { print("applied \(name)") }
                if applied.isEmpty { print("nothing to apply") }
            }
        }
    }
}
