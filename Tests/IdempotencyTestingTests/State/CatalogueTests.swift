import LibPQ
import SQLMigrations
import TestSupport
import Testing

@testable import IdempotencyTesting

@Suite("Catalogue of tables")
struct CatalogueTests {
    private func layouts(_ statements: [PostgresQuery]) async throws -> [TableLayout] {
        try await withTestDatabase(migrations: .idempotency) { database in
            let connection = try await database.connect()
            for statement in statements { try await connection.execute(statement) }
            let layouts = try await TableLayout.all(on: connection)
            await connection.close()
            return layouts
        }
    }

    @Test("the tables of all schemas but the server's and the migrator's, with their keys")
    func tables() async throws {
        let layouts = try await layouts([
            "CREATE SCHEMA shop",
            "CREATE TABLE shop.\"odd \"\"name.\" (a int, b int, c int, PRIMARY KEY (c, a))",
            "CREATE TABLE parts (day date) PARTITION BY RANGE (day)",
            "CREATE TABLE parts_1 PARTITION OF parts DEFAULT", "CREATE VIEW seen AS SELECT 1",
        ])
        #expect(layouts.map(\.name) == ["idempotency.keys", "parts", "shop.\"odd \"\"name.\""])
        #expect(layouts.last?.primaryKey == [0, 2])
    }

    @Test(
        "a default that is not constant, an identity and a computed column are generated",
        arguments: [
            ("uuid DEFAULT gen_random_uuid()", true), ("timestamptz DEFAULT now()", true),
            ("timestamptz DEFAULT CURRENT_TIMESTAMP", true), ("date DEFAULT CURRENT_DATE", true),
            ("timestamptz DEFAULT clock_timestamp() + interval '1 day'", true), ("bigserial", true),
            ("bigint GENERATED ALWAYS AS IDENTITY", true), ("int GENERATED ALWAYS AS (1 + 1) STORED", true),
            ("text DEFAULT ('n' || nextval('numbers'))", true), ("text", false), ("text DEFAULT 'new'", false),
            ("int DEFAULT 1 + 1", false), ("text DEFAULT lower('X')", false), ("numeric(5,2) DEFAULT 1", false),
            ("jsonb DEFAULT '{}'", false), ("int[] DEFAULT ARRAY[1,2]", false), ("timestamptz DEFAULT 'epoch'", false),
        ])
    func generated(column: String, isGenerated: Bool) async throws {
        let layouts = try await layouts([
            "CREATE SEQUENCE numbers", "CREATE TABLE t (c \(unescaped: column))",
        ])
        #expect(layouts.last?.columns == [.init(name: "c", isGenerated: isGenerated)])
    }

    @Test("foreign keys point to columns, in the order of their pairs")
    func references() async throws {
        let layouts = try await layouts([
            "CREATE TABLE accounts (tenant text, id int, PRIMARY KEY (tenant, id))",
            """
            CREATE TABLE payments (account int, tenant text,
                                   FOREIGN KEY (tenant, account) REFERENCES accounts (tenant, id))
            """,
        ])
        #expect(
            layouts.last?.columns == [
                .init(name: "account", references: [ColumnName(table: "accounts", column: "id")]),
                .init(name: "tenant", references: [ColumnName(table: "accounts", column: "tenant")]),
            ])
    }

    @Test("rows are read as text, of every type and with any name")
    func rows() async throws {
        try await withTestDatabase { database in
            let connection = try await database.connect()
            try await connection.execute(
                "CREATE TABLE \"T 1\" (\"a\"\"b\" int[], c jsonb, d point, e text, f bytea, g timestamptz)")
            try await connection.execute(
                "INSERT INTO \"T 1\" VALUES ('{1,2}', '{\"a\": 1}', '(1,2)', NULL, '\\x00ff', '2026-01-01 00:00Z')")
            let state = try await DatabaseState.read(TableLayout.all(on: connection), on: connection)
            #expect(
                state.rows == [
                    "T 1": [["{1,2}", "{\"a\": 1}", "(1,2)", nil, "\\x00ff", "2026-01-01 00:00:00+00"]]
                ])
            await connection.close()
        }
    }
}
