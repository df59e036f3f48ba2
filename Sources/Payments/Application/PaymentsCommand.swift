import ArgumentParser

/// The sample service: accounts, payments and refunds behind idempotency keys.
@main
struct PaymentsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "payments",
        abstract: "A payments service that pays once, however often it is asked.",
        discussion: """
            Settings come from the environment: DATABASE_URL, HOST, PORT, POOL, PAYMENTS_API_TOKENS, PAYMENTS_AUTH, \
            PAYMENTS_RETENTION \
            (24h), PAYMENTS_KEY_SYNTAX (lenient or strict), PAYMENTS_BASELINE, LOG_LEVEL. Without DATABASE_URL it runs a PostgreSQL of its own, with its data in .payments/.
            """,
        subcommands: [ServeCommand.self, MigrateCommand.self, SeedCommand.self],
        defaultSubcommand: ServeCommand.self
    )
}
