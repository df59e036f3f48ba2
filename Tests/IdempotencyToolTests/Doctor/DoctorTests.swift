import EmbeddedPostgres
import Foundation
import LibPQ
import SQLMigrations
import TestSupport
import Testing

@testable import IdempotencyTool

@Suite("idempotency doctor")
struct DoctorTests {
    struct Document: Decodable {
        struct Entry: Decodable {
            var severity: String
            var setting: String
            var value: String
            var source: String?
            var expected: String
            var reason: String
            var mend: [String]
        }
        var role: String
        var database: String
        var serverVersion: String
        var findings: [Entry]

        var settings: Set<String> { Set(findings.map(\.setting)) }
        /// What can be run as it stands.
        var statements: [String] { findings.flatMap(\.mend).filter { !$0.hasPrefix("--") } }
    }

    /// What the tool says of this connection.
    func examine(_ url: String) throws -> (status: Int32, Document) {
        let run = try ToolRun(["doctor", "--format", "json", "--database-url", url])
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return (run.status, try decoder.decode(Document.self, from: Data(run.output.utf8)))
    }

    /// A role with a name that has to be quoted, and the URL with which it connects.
    func withRole(_ database: TestDatabase, _ body: (_ name: String, _ url: String) async throws -> Void) async throws {
        let name = "Doctor's \"\(database.name)\""
        let identifier = SettingChange.identifier(name)
        var url = try #require(URLComponents(string: database.url))
        url.user = name
        url.password = "secret"
        try await database.pool.execute("CREATE ROLE \(unescaped: identifier) LOGIN PASSWORD 'secret'")
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(name, try #require(url.string)))
        } catch {
            result = .failure(error)
        }
        try await database.pool.execute("DROP OWNED BY \(unescaped: identifier)")
        try await database.pool.execute("DROP ROLE \(unescaped: identifier)")
        try result.get()
    }

    func run(_ statements: [String], at url: String) async throws {
        let connection = try await PostgresConnection.connect(.init(url: url))
        for statement in statements { try await connection.execute(PostgresQuery(unescaped: statement)) }
        await connection.close()
    }

    @Test("finds what is wrong with a role's settings, and nothing of it once the role has run what was printed")
    func role() async throws {
        try await withTestDatabase(migrations: .idempotency) { database in
            try await withRole(database) { role, url in
                let name = SettingChange.identifier(role)
                try await run(
                    [
                        "ALTER ROLE \(name) SET synchronous_commit = off",
                        "ALTER ROLE \(name) SET default_transaction_read_only = on",
                        "ALTER ROLE \(name) IN DATABASE \(database.name) SET idle_in_transaction_session_timeout = 50",
                        "ALTER ROLE \(name) SET tcp_user_timeout = 0",
                        "ALTER ROLE \(name) SET tcp_keepalives_idle = 7200",
                        "ALTER ROLE \(name) IN DATABASE \(database.name) SET client_connection_check_interval = 0",
                    ], at: database.url)
                let (status, before) = try examine(url)
                #expect(status == 3)
                #expect(before.role == role)
                #expect(before.database == database.name)
                let ofRole: Set = [
                    "client_connection_check_interval", "default_transaction_read_only",
                    "idle_in_transaction_session_timeout", "synchronous_commit", "tcp_keepalives_idle",
                    "tcp_user_timeout",
                ]
                #expect(before.settings.isSuperset(of: ofRole))
                #expect(
                    before.findings.filter { ofRole.contains($0.setting) }.compactMap(\.source).sorted()
                        == ["database user", "database user", "user", "user", "user", "user"])

                // The role needs nobody's help.
                let statements = before.statements.filter { $0.hasPrefix("ALTER ROLE") || $0.hasPrefix("SET") }
                try await run(statements, at: url)
                #expect(try examine(url).1.settings == before.settings.subtracting(ofRole))
            }
        }
    }

    @Test("finds the settings with which the tests' own server was started, and whether the migrations are applied")
    func server() async throws {
        try await withTestDatabase { database in
            func value(_ setting: String) async throws -> String {
                try await database.pool.queryRow("SELECT current_setting(\(setting))").decode(String.self)
            }
            let (status, document) = try examine(database.url)
            #expect(status == 3)
            for setting in ["fsync", "full_page_writes", "autovacuum"] {
                #expect(try await document.settings.contains(setting) == (value(setting) == "off"))
            }
            #expect(try await document.serverVersion == value("server_version"))
            #expect(document.findings.first { $0.setting == "migrations" }?.severity == "problem")
            try await Migrator(set: .idempotency).up(on: database.connect())
            #expect(try !examine(database.url).1.settings.contains("migrations"))
        }
    }

    @Test("a role that may not read the migrations' records gets advice, not an error")
    func unprivileged() async throws {
        try await withTestDatabase(migrations: .idempotency) { database in
            try await withRole(database) { _, url in
                let (_, document) = try examine(url)
                let finding = try #require(document.findings.first { $0.setting == "migrations" })
                #expect(finding.severity == "advice")
                #expect(finding.value == "unknown")
            }
        }
    }

    @Test("sees a setting that the URL brings, and a role's tcp_user_timeout also over a Unix socket")
    func connection() async throws {
        let server = try await EmbeddedPostgres.start(.temporary)
        let tcp = try #require(server.tcpURL)
        try await run(["ALTER ROLE postgres SET tcp_user_timeout = '7s'"], at: tcp)
        for url in [server.url, tcp] { #expect(try !examine(url).1.settings.contains("tcp_user_timeout")) }
        let options = "options=-c%20idle_in_transaction_session_timeout%3D10s%20-c%20tcp_user_timeout%3D0"
        let (_, document) = try examine(tcp + "?" + options)
        #expect(!document.settings.contains("idle_in_transaction_session_timeout"))
        #expect(document.findings.first { $0.setting == "tcp_user_timeout" }?.source == "client")
        try await server.stop()
    }

    @Test("finds nothing at a server where everything that it printed was run; advice alone ends with 0")
    func mended() async throws {
        let server = try await EmbeddedPostgres.start(.temporary, settings: ["autovacuum": "off"])
        let url = try #require(server.tcpURL)
        let connection = try await PostgresConnection.connect(.init(url: url))
        try await Migrator(set: .idempotency).up(on: connection)
        await connection.close()

        let (status, before) = try examine(url)
        #expect(status == 3)
        #expect(
            before.settings == [
                "autovacuum", "client_connection_check_interval", "fsync", "full_page_writes",
                "idle_in_transaction_session_timeout", "synchronous_standby_names", "tcp_keepalives_idle",
                "tcp_user_timeout",
            ])
        let table = try ToolRun(["doctor", "--database-url", url])
        #expect(table.status == 3)
        #expect(table.output.contains("problem   fsync "))
        for line in before.findings.flatMap(\.mend) { #expect(table.output.contains("\n\(line)\n"), "\(line)") }

        try await run(before.statements, at: url)
        // The server takes its file into use when it comes to it.
        try await waitUntil("only the advice about standbys is left") {
            try examine(url).1.settings == ["synchronous_standby_names"]
        }
        #expect(try examine(url).status == 0)

        // What stands there as a comment, because commits wait from then on.
        let standbys = before.findings.filter { $0.setting == "synchronous_standby_names" }.flatMap(\.mend)
        try await run(standbys.filter { $0.hasSuffix(";") }.map { String($0.dropFirst(3)) }, at: url)
        try await waitUntil("nothing is left") { try examine(url).1.findings.isEmpty }
        let run = try ToolRun(["doctor", "--database-url", url])
        #expect(run.status == 0)
        #expect(run.output.hasSuffix("Nothing found: commits are kept, and a vanished client frees its key.\n"))
        try await server.stop()
    }
}
