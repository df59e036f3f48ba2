import ArgumentParser
import SQLMigrations

/// `idempotency migrate verify`.
struct MigrateVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Checks that the database is exactly what the migrations make. Changes nothing.",
        discussion: """
            Ends with 3 and lists what it found when a migration is pending, was changed after it was applied, is missing \
            from the files, or was left out.
            """
    )

    @OptionGroup
    var options: MigrateOptions

    func run() async throws {
        try await options.withMigrator { migrator, connection in
            let findings = try await migrator.verify(on: connection)
            let report = MigrationReport(set: migrator.set.name, status: findings)
            print(try report.text(in: options.format, nothing: "Every migration is applied and unchanged."))
            guard findings.isEmpty else {
                throw ExitStatus.found
            }
        }
    }
}
