import ArgumentParser

/// `idempotency migrate`.
struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Brings the database's schema up to date, and back.",
        discussion: """
            Each migration runs in a transaction, under an advisory lock, and is recorded with the SHA-256 of its file in \
            sql_migrations.schema_migrations. Connect to the server itself, not to a pooler in transaction mode.
            """,
        subcommands: [MigrateUp.self, MigrateDown.self, MigrateStatus.self, MigrateVerify.self]
    )
}
