import ArgumentParser
import SQLMigrations

/// `idempotency migrate status`.
struct MigrateStatus: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Lists every migration and whether it is applied. Changes nothing.",
        discussion: "Ends with 0 whatever it lists; verify is the check."
    )

    @OptionGroup
    var options: MigrateOptions

    func run() async throws {
        try await options.withMigrator { migrator, connection in
            let report = MigrationReport(set: migrator.set.name, status: try await migrator.status(on: connection))
            print(try report.text(in: options.format, nothing: "There are no migrations."))
        }
    }
}
