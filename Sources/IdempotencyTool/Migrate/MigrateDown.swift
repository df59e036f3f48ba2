import ArgumentParser
import SQLMigrations

/// `idempotency migrate down`.
struct MigrateDown: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "down", abstract: "Reverts the newest migrations. Their data is lost.")

    @OptionGroup
    var options: MigrateOptions

    @Option(help: ArgumentHelp("How many to revert.", valueName: "count"))
    var steps = 1

    func validate() throws {
        guard steps > 0 else {
            throw ValidationError("--steps must be at least 1.")
        }
    }

    func run() async throws {
        try await options.withMigrator { migrator, connection in
            let reverted = try await migrator.down(steps: steps, on: connection)
            let report = MigrationReport(set: migrator.set.name, migrations: reverted, state: "reverted")
            print(try report.text(in: options.format, nothing: "Nothing to revert: no migration is applied."))
        }
    }
}
