import ArgumentParser

/// `idempotency`: the operator's tool.
struct IdempotencyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "idempotency",
        abstract: "Looks after the database of swift-idempotency, and checks any server from outside.",
        discussion: """
            Connects to the database by --database-url, else by DATABASE_URL, else by the PG* variables of libpq.

            Exit codes: 0 done, 1 failed, 2 wrong usage, 3 a check found something.
            """,
        subcommands: [
            MigrateCommand.self, KeysCommand.self, PurgeCommand.self, DoctorCommand.self, ConformanceCommand.self,
        ]
    )
}
