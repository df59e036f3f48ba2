import ArgumentParser

/// `payments seed`: opens accounts to try things with.
struct SeedCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "seed",
        abstract: "Open accounts, with ids 1 to N in an empty database. Applies pending migrations first.")

    @Option(help: "How many accounts.")
    var accounts: Int

    @Option(help: "The balance of each, in minor units.")
    var balance: Int64

    @Option(help: "Whose accounts.")
    var tenant = "demo"

    func validate() throws {
        guard (1...10_000_000).contains(accounts) else { throw ValidationError("--accounts must be 1 to 10000000.") }
        guard balance >= 0 else { throw ValidationError("--balance must not be negative.") }
        guard !tenant.isEmpty else { throw ValidationError("--tenant must not be empty.") }
    }

    func run() async throws {
        try await Failure.reported {
            let reader = Settings.reader()
            let logger = try LoggingSettings(reader).bootstrap()
            try await Database.with(try DatabaseSettings(reader), logger: logger) { database in
                try await database.migrate()
                let ids = try await database.seed(accounts: accounts, balance: balance, tenant: tenant)
                print(
                    "opened accounts \(ids.lowerBound) to \(ids.upperBound) for \(tenant), \(balance) \(Database.seedCurrency) each"
                )
            }
        }
    }
}
