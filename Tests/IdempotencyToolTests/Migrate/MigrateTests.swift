import Foundation
import LibPQ
import SQLMigrations
import TestSupport
import Testing

@Suite("idempotency migrate")
struct MigrateTests {
    struct Document: Decodable {
        struct Entry: Decodable {
            var version: Int
            var name: String
            var state: String
            var sha256: String
            var appliedAt: String?
            var problem: String?
        }
        var set: String
        var migrations: [Entry]
    }

    @Test("goes from nothing to up to date and back, with the exit codes of the contract")
    func story() async throws {
        try await withTestDatabase { database in
            func tool(_ arguments: String...) throws -> ToolRun {
                try ToolRun(["migrate"] + arguments + ["--database-url", database.url])
            }
            /// Migration and state of each row of the table.
            func rows(_ output: String) -> [[Substring]] {
                output.split(separator: "\n").dropFirst().map { Array($0.split(separator: " ").prefix(2)) }
            }
            func all(_ state: Substring) -> [[Substring]] {
                MigrationSet.idempotency.migrations.map { [$0.name[...], state] }
            }
            #expect(try tool("verify").status == 3)
            #expect(try rows(tool("status").output) == all("pending"))

            let up = try tool("up")
            #expect(up.status == 0)
            #expect(up.errors.isEmpty)
            #expect(rows(up.output) == all("applied"))
            #expect(try await Migrator(set: .idempotency).verify(on: database.pool).isEmpty)

            #expect(try tool("up").output == "Nothing to apply: the database is up to date.\n")
            let verify = try tool("verify")
            #expect(verify.status == 0)
            #expect(verify.output == "Every migration is applied and unchanged.\n")

            for reverted in all("reverted").reversed() {
                #expect(try rows(tool("down").output) == [reverted])
            }
            #expect(try tool("down").output == "Nothing to revert: no migration is applied.\n")
            #expect(try tool("verify").status == 3)
        }
    }

    @Test("takes the database from DATABASE_URL, and --database-url before it")
    func environment() async throws {
        try await withTestDatabase(migrations: .idempotency) { database in
            let url = database.url
            let nowhere = "postgresql://127.0.0.1:1/none"
            let fromVariable = try ToolRun(["migrate", "verify"], environment: ["DATABASE_URL": url])
            #expect(fromVariable.status == 0, "\(fromVariable.errors)")
            let fromOption = try ToolRun(
                ["migrate", "verify", "--database-url", url], environment: ["DATABASE_URL": nowhere])
            #expect(fromOption.status == 0, "\(fromOption.errors)")
        }
    }

    @Test("takes the database from the PG* variables when there is no URL")
    func libpqEnvironment() async throws {
        try await withTestDatabase(migrations: .idempotency) { database in
            let url = try #require(URLComponents(string: database.url))
            func parameter(_ name: String) -> String? { url.queryItems?.first { $0.name == name }?.value }
            let variables = [
                "PGHOST": parameter("host") ?? url.host ?? "",
                "PGPORT": parameter("port") ?? url.port.map(String.init) ?? "",
                "PGUSER": url.user ?? "",
                "PGPASSWORD": url.password ?? "",
                "PGDATABASE": database.name,
            ]
            let run = try ToolRun(["migrate", "verify"], environment: variables)
            #expect(run.status == 0, "\(run.errors)")
        }
    }

    @Test("prints one JSON document for scripts")
    func json() async throws {
        try await withTestDatabase { database in
            func document(_ command: String) throws -> Document {
                let run = try ToolRun(["migrate", command, "--format", "json", "--database-url", database.url])
                let decoder = JSONDecoder()
                decoder.keyDecodingStrategy = .convertFromSnakeCase
                return try decoder.decode(Document.self, from: Data(run.output.utf8))
            }
            let pending = try document("verify")
            #expect(pending.set == "idempotency")
            #expect(Set(pending.migrations.map(\.state)) == ["pending"])
            #expect(pending.migrations.map(\.sha256) == MigrationSet.idempotency.migrations.map(\.checksum))
            let up = try document("up")
            #expect(up.migrations.map(\.sha256) == pending.migrations.map(\.sha256))
            #expect(Set(up.migrations.map(\.state)) == ["applied"])
            #expect(try document("up").migrations.isEmpty)
            let applied = try #require(try document("status").migrations.first)
            #expect(applied.state == "applied")
            #expect(applied.version == 1)
            let time = try #require(applied.appliedAt)
            #expect(try Date(time, strategy: .iso8601).timeIntervalSinceNow > -600)
        }
    }

    @Test("reads a directory instead, and says which applied file was changed")
    func directory() async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("migrations-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        func write(_ text: String, to name: String) throws {
            try Data(text.utf8).write(to: directory.appendingPathComponent(name))
        }
        try write("CREATE TABLE a (id int);\n", to: "0001_a.up.sql")
        try write("DROP TABLE a;\n", to: "0001_a.down.sql")
        try await withTestDatabase { database in
            func tool(_ arguments: String...) throws -> ToolRun {
                try ToolRun(
                    ["migrate"] + arguments
                        + ["--database-url", database.url, "--directory", directory.path, "--set", "sample"])
            }
            #expect(try tool("up").status == 0)
            #expect(try tool("verify").status == 0)
            try write("CREATE TABLE a (id bigint);\n", to: "0001_a.up.sql")
            let verify = try tool("verify")
            #expect(verify.status == 3)
            #expect(verify.output.contains("0001_a.up.sql was changed after it was applied"))
            for command in ["up", "down"] {
                let run = try tool(command)
                #expect(run.status == 1)
                #expect(run.output.isEmpty)
                #expect(run.errors.hasPrefix("idempotency: 0001_a.up.sql was changed after it was applied"))
            }
            try write("x", to: "notes.txt")
            #expect(try tool("status").errors.contains("notes.txt is not a migration"))
        }
    }

    @Test("shows the line and the server's words when a statement fails")
    func failure() async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("migrations-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        try Data("SELECT 1;\nSELECT nothing;\n".utf8).write(to: directory.appendingPathComponent("0001_a.up.sql"))
        try Data("SELECT 1;\n".utf8).write(to: directory.appendingPathComponent("0001_a.down.sql"))
        try await withTestDatabase { database in
            let run = try ToolRun(["migrate", "up", "--database-url", database.url, "--directory", directory.path])
            #expect(run.status == 1)
            #expect(
                run.errors == "idempotency: 0001_a.up.sql line 2: column \"nothing\" does not exist (SQLSTATE 42703)\n")
        }
    }
}
