import ArgumentParser
import SQLMigrations

/// `idempotency migrate up`.
struct MigrateUp: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up", abstract: "Applies every pending migration, in order.")

    @OptionGroup
    var options: MigrateOptions

    func run() async throws {
        try await options.withMigrator { migrator, connection in
            let applied = try await migrator.up(on: connection)
            let report = MigrationReport(set: migrator.set.name, migrations: applied, state: "applied")
            print(try report.text(in: options.format, nothing: "Nothing to apply: the database is up to date."))
        }
    }
}
