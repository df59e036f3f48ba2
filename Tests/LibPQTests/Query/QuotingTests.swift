import TestSupport
import Testing

@testable import LibPQ

@Suite("Quoting")
struct QuotingTests {
    @Test(
        "keeps a name whole, whatever is in it",
        arguments: ["a\"b", "\"", "\u{600}\"; --", "a\"\u{301}", "\u{E9}", "e\u{301}"])
    func identifier(name: String) async throws {
        try await withTestDatabase { database in
            let connection = try await database.connect()
            let quoted = name.quoted(with: "\"")
            let rows = try await connection.query("SELECT 1::int4 AS \(unescaped: quoted), 2::int4 AS other")
            #expect(rows.columns.map { Array($0.utf8) } == [Array(name.utf8), Array("other".utf8)])
            #expect(try rows[0].decode(Int32.self, column: name) == 1)

            let text = try await connection.queryRow(PostgresQuery(unescaped: "SELECT \(name.quoted(with: "'"))"))
            #expect(Array(try text.decode(String.self).utf8) == Array(name.utf8))
        }
    }

    @Test("a column is found by the bytes of its name")
    func column() async throws {
        try await withTestDatabase { database in
            let connection = try await database.connect()
            let row = try await connection.queryRow("SELECT 1::int4 AS \"\u{E9}\", 2::int4 AS \"e\u{301}\"")
            #expect(try row.decode(Int32.self, column: "\u{E9}") == 1)
            #expect(try row.decode(Int32.self, column: "e\u{301}") == 2)
        }
    }
}
