internal import LibPQ

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// The table of applied migrations, and all the SQL about it.
///
/// It has a schema of its own: `public` is not writable for everybody since PostgreSQL 15, and other tools keep a table of this
/// name there, with other columns.
struct MigrationHistory: Sendable {
    /// The set's name, under which its rows are kept.
    let setName: String

    /// Makes the table when it is not there. Call it with the lock held: two concurrent `CREATE ... IF NOT EXISTS` can
    /// still collide on the catalog's unique index.
    func prepare(on connection: PostgresConnection) async throws(PostgresError) {
        if try await exists(on: connection) {
            return
        }
        _ = try await connection.pipeline(
            "CREATE SCHEMA IF NOT EXISTS sql_migrations",
            """
            CREATE TABLE IF NOT EXISTS sql_migrations.schema_migrations (
              set_name    text         NOT NULL,
              version     integer      NOT NULL,
              name        text         NOT NULL,
              sha256      text         NOT NULL,
              applied_at  timestamptz  NOT NULL DEFAULT now(),
              CONSTRAINT schema_migrations_pkey PRIMARY KEY (set_name, version)
            )
            """,
            "COMMENT ON TABLE sql_migrations.schema_migrations IS 'Applied migrations, by set; written by swift-idempotency'"
        )
    }

    /// What was applied, in order; empty when the table is not there.
    func records(on database: some PostgresQueryable) async throws(PostgresError) -> [MigrationRecord] {
        guard try await exists(on: database) else {
            return []
        }
        let rows = try await database.query(
            """
            SELECT version, name, sha256, applied_at FROM sql_migrations.schema_migrations
            WHERE set_name = \(setName) ORDER BY version
            """
        )
        return try rows.decode((Int, String, String, Date).self).map { row in
            MigrationRecord(version: row.0, name: row.1, checksum: row.2, appliedAt: row.3)
        }
    }

    /// The primary key refuses a second one: applied twice is impossible even if the lock were lost.
    func add(_ migration: Migration, in transaction: PostgresTransaction) async throws(PostgresError) {
        try await transaction.execute(
            """
            INSERT INTO sql_migrations.schema_migrations (set_name, version, name, sha256)
            VALUES (\(setName), \(migration.version), \(migration.name), \(migration.checksum))
            """
        )
    }

    /// - Returns: whether there was one to remove.
    func remove(_ migration: Migration, in transaction: PostgresTransaction) async throws(PostgresError) -> Bool {
        try await transaction.execute(
            """
            DELETE FROM sql_migrations.schema_migrations
            WHERE set_name = \(setName) AND version = \(migration.version)
            """
        ) == 1
    }

    private func exists(on database: some PostgresQueryable) async throws(PostgresError) -> Bool {
        try await database
            .queryRow("SELECT to_regclass('sql_migrations.schema_migrations') IS NOT NULL")
            .decode(Bool.self)
    }
}
