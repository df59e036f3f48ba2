import Foundation
import LibPQ
import SQLMigrations
import TestSupport
import Testing

@Suite("idempotency purge", .timeLimit(.minutes(2)))
struct PurgeTests {
    private func withKeys(_ body: (TestDatabase) async throws -> Void) async throws {
        try await withTestDatabase(migrations: .idempotency) { database in
            try await database.pool.execute(
                """
                INSERT INTO idempotency.keys (scope, key_id, fingerprint, status, expires_at)
                SELECT 'acme', gen_random_uuid(), '\\x01', 201, now() + n * interval '1 minute'
                FROM unnest(ARRAY[-10, -3, -0.5, 10]) AS n
                """)
            try await body(database)
        }
    }

    private func keys(_ database: TestDatabase) async throws -> Int {
        try await database.pool.queryRow("SELECT count(*) FROM idempotency.keys").decode(Int.self)
    }

    @Test("once: removes what has been over for longer than the grace, and says how much")
    func once() async throws {
        try await withKeys { database in
            func purge(_ arguments: String...) throws -> ToolRun {
                try ToolRun(["purge", "--database-url", database.url] + arguments)
            }
            let first = try purge("--grace", "5m", "--format", "json")
            #expect(first.status == 0 && first.output == "{\n  \"removed\" : 1\n}\n")
            #expect(try purge("--once", "--batch-size", "1").output == "Removed 1 key.\n")
            #expect(try purge().output == "Removed 0 keys.\n")
            #expect(try await keys(database) == 2)
        }
    }

    @Test("at an interval: goes on until it is told to end, and then ends with 0", arguments: [SIGTERM, SIGINT])
    func every(signal: Int32) async throws {
        try await withKeys { database in
            let tool = try ToolProcess(["purge", "--every", "50ms", "--grace", "1ms", "--database-url", database.url])
            try await waitUntil("it has purged") { try await keys(database) == 1 }
            try await database.pool.execute("UPDATE idempotency.keys SET expires_at = now() - interval '1 hour'")
            try await waitUntil("it purges again") { try await keys(database) == 0 }
            tool.send(signal)
            #expect(try await tool.end() == 0)
        }
    }

    @Test("without the table, or the database, it says so and ends with 1")
    func failures() async throws {
        try await withTestDatabase { database in
            let run = try ToolRun(["purge", "--database-url", database.url])
            #expect(run.status == 1 && run.errors.contains("run idempotency migrate up"))
            let away = try ToolRun(["purge", "--database-url", "postgresql://u:hunter2@127.0.0.1:1/none"])
            #expect(away.status == 1 && away.errors.hasPrefix("idempotency: cannot connect"))
            #expect(!away.errors.contains("hunter2"))
        }
    }
}
