import ArgumentParser
import LibPQ
import SQLMigrations

/// What the migrate commands have in common.
struct MigrateOptions: ParsableArguments {
    @OptionGroup
    var database: DatabaseOptions

    @Option(
        help: ArgumentHelp(
            "Take the files of this directory instead of those compiled into the tool.", valueName: "path"))
    var directory: String?

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp("The name under which the files of --directory are recorded.", valueName: "name"))
    var setName: String?

    @Option(help: "table for people, json for scripts.")
    var format = OutputFormat.table

    func validate() throws {
        if setName != nil, directory == nil {
            throw ValidationError("--set needs --directory: compiled in is only the set 'idempotency'.")
        }
    }

    /// Runs `body` with the migrator of the chosen set, connected.
    func withMigrator<T>(_ body: (Migrator, PostgresConnection) async throws -> T) async throws -> T {
        let set: MigrationSet
        if let directory {
            set = try MigrationSet(name: setName ?? MigrationSet.idempotency.name, directory: directory)
        } else {
            set = .idempotency
        }
        return try await database.withConnection { connection in
            try await body(Migrator(set: set, logger: .quiet), connection)
        }
    }
}
