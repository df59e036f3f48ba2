public import LibPQ
public import Logging

/// Brings a database to the state that a ``MigrationSet`` describes, and back.
///
///     let connection = try await PostgresConnection.connect(.init(url: url))
///     try await Migrator(set: .idempotency).up(on: connection)
///
/// Each migration runs in a transaction of its own, together with its record in `sql_migrations.schema_migrations`: it is there
/// with its record or not at all. Statements that refuse to run inside a transaction (`CREATE INDEX CONCURRENTLY`, `VACUUM`)
/// cannot be part of one.
///
/// ``up(on:)`` and ``down(steps:on:)`` hold an advisory lock meanwhile, so that any number of processes may call them at once.
/// The connection must be a session of its own: not one behind a pooler in transaction mode, and no transaction open on it.
/// Its `lock_timeout` bounds how long a statement waits for a table; the wait for the migration lock has its own deadline.
public struct Migrator: Sendable {
    /// What is applied.
    public let set: MigrationSet

    private let lock: MigrationLock
    private let history: MigrationHistory
    private let logger: Logger

    /// - Parameters:
    ///   - set: What is applied.
    ///   - lockDeadline: How long to wait for another process that migrates the same database. Default 60 s: longer than
    ///     most migrations, shorter than the patience of most orchestrators.
    ///   - logger: Gets one line for each migration that was applied or reverted, at level info.
    public init(
        set: MigrationSet,
        lockDeadline: Duration = .seconds(60),
        logger: Logger = Logger(label: "sql-migrations")
    ) {
        self.set = set
        self.lock = MigrationLock(deadline: lockDeadline)
        self.history = MigrationHistory(setName: set.name)
        self.logger = logger
    }

    /// Applies what is pending, in order. Does nothing when nothing is.
    /// - Returns: The migrations that this call applied.
    /// - Throws: ``MigrationError``: `changed`, `missing` or `outOfOrder` (before anything is applied) when the set and the
    ///   database contradict one another, `lockTimeout`, `statementFailed`, `databaseFailed`. Migrations before the failed one
    ///   stay applied.
    @discardableResult
    public func up(on connection: PostgresConnection) async throws(MigrationError) -> [Migration] {
        try await locked(connection) { () throws(MigrationError) in
            do throws(PostgresError) {
                try await history.prepare(on: connection)
            } catch {
                throw MigrationError(.databaseFailed, "cannot create the table of applied migrations", cause: error)
            }
            let pending = Self.pending(in: try await checkedStatus(on: connection), of: set)
            for migration in pending {
                try await apply(migration, on: connection)
            }
            return pending
        }
    }

    /// Reverts the last migrations, newest first.
    /// - Parameters:
    ///   - steps: How many, at least 1. When fewer are applied, all of them are reverted.
    ///   - connection: A session of its own.
    /// - Returns: The migrations that this call reverted, newest first.
    /// - Throws: As ``up(on:)``, and `invalidArgument` for less than one step.
    @discardableResult
    public func down(
        steps: Int = 1, on connection: PostgresConnection
    ) async throws(MigrationError) -> [Migration] {
        guard steps > 0 else {
            throw MigrationError(.invalidArgument, "the number of steps must be at least 1")
        }
        return try await locked(connection) { () throws(MigrationError) in
            let status = try await checkedStatus(on: connection)
            let applied = Set(status.filter { $0.state == .applied }.map(\.version))
            let reverted = Array(set.migrations.filter { applied.contains($0.version) }.suffix(steps).reversed())
            for migration in reverted {
                try await revert(migration, on: connection)
            }
            return reverted
        }
    }

    /// Every migration of the set and of the database, in order of version. Changes nothing, takes no lock.
    /// - Throws: ``MigrationError`` with code `databaseFailed`.
    public func status(on database: some PostgresQueryable) async throws(MigrationError) -> [MigrationStatus] {
        do throws(PostgresError) {
            return set.status(against: try await history.records(on: database))
        } catch {
            throw MigrationError(.databaseFailed, "cannot read the applied migrations", cause: error)
        }
    }

    /// What keeps the database from being exactly what the set describes: ``status(on:)`` without the applied ones.
    /// - Returns: Nothing when all migrations are applied and unchanged.
    /// - Throws: ``MigrationError`` with code `databaseFailed`.
    public func verify(on database: some PostgresQueryable) async throws(MigrationError) -> [MigrationStatus] {
        try await status(on: database).filter { $0.state != .applied }
    }

    /// The migrations that ``up(on:)`` would have to apply before this program can work: for readiness checks.
    ///
    /// A migration that this set does not know counts for nothing here. During a rollout the old program goes on working
    /// with the schema that the new one has extended.
    /// - Throws: ``MigrationError`` with code `databaseFailed`.
    public func pending(on database: some PostgresQueryable) async throws(MigrationError) -> [Migration] {
        Self.pending(in: try await status(on: database), of: set)
    }

    // MARK: Steps

    private func apply(_ migration: Migration, on connection: PostgresConnection) async throws(MigrationError) {
        try await run(migration.upStatements, of: "\(migration.name).up.sql", on: connection) { transaction in
            try await history.add(migration, in: transaction)
        }
        logger.info("migration applied", metadata: metadata(of: migration))
    }

    private func revert(_ migration: Migration, on connection: PostgresConnection) async throws(MigrationError) {
        try await run(migration.downStatements, of: "\(migration.name).down.sql", on: connection) { transaction in
            guard try await history.remove(migration, in: transaction) else {
                throw MigrationError(
                    .databaseFailed, "the record of \(migration.name) is gone: who else migrates here?")
            }
        }
        logger.info("migration reverted", metadata: metadata(of: migration))
    }

    /// One by one rather than in a pipeline: an error can then be told by its line.
    private func run(
        _ statements: [SQLStatement], of file: String, on connection: PostgresConnection,
        andRecord record: (PostgresTransaction) async throws -> Void
    ) async throws(MigrationError) {
        do {
            try await connection.withTransaction { transaction in
                for statement in statements {
                    do throws(PostgresError) {
                        try await transaction.execute(PostgresQuery(unescaped: statement.text))
                    } catch {
                        throw MigrationError(
                            .statementFailed, "\(file) line \(statement.line)", cause: error, migrationFile: file)
                    }
                }
                try await record(transaction)
            }
        } catch let error as MigrationError {
            throw error
        } catch let error as PostgresError where error.code == .commitUnknown {
            throw MigrationError(
                .databaseFailed,
                "the connection was lost at COMMIT: whether \(file) took effect is not known, ask for the status",
                migrationFile: file, underlying: error
            )
        } catch {
            throw MigrationError(.statementFailed, "\(file)", cause: error, migrationFile: file)
        }
    }

    private func locked<T>(
        _ connection: PostgresConnection, _ body: () async throws(MigrationError) -> T
    ) async throws(MigrationError) -> T {
        try await lock.acquire(on: connection)
        let result: T
        do throws(MigrationError) {
            result = try await body()
        } catch {
            await lock.release(on: connection)
            throw error
        }
        await lock.release(on: connection)
        return result
    }

    /// The status, once nothing in it contradicts the set.
    private func checkedStatus(on connection: PostgresConnection) async throws(MigrationError) -> [MigrationStatus] {
        let status = try await status(on: connection)
        if let error = status.lazy.compactMap(\.error).first {
            throw error
        }
        return status
    }

    private static func pending(in status: [MigrationStatus], of set: MigrationSet) -> [Migration] {
        let versions = Set(status.filter { $0.state == .pending || $0.state == .outOfOrder }.map(\.version))
        return set.migrations.filter { versions.contains($0.version) }
    }

    private func metadata(of migration: Migration) -> Logger.Metadata {
        ["migration.set": "\(set.name)", "migration.name": "\(migration.name)"]
    }
}
