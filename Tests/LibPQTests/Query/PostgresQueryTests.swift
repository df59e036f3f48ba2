import Testing

@testable import LibPQ

@Suite("A query from a literal")
struct PostgresQueryTests {
    @Test("numbers its parameters, also past nine")
    func numbers() {
        let query: PostgresQuery = "SELECT \(1), \(2), \(3), \(4), \(5), \(6), \(7), \(8), \(9), \(10), \(11)"
        #expect(query.sql == "SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11")
        #expect(query.bindings.count == 11)
    }

    @Test("keeps the text as it was written, whatever its characters")
    func text() {
        let table = "\"Zähler\""
        let query: PostgresQuery = "SELECT '✓ \u{1F600}', \("ü") FROM \(unescaped: table)"
        #expect(query.sql == "SELECT '✓ \u{1F600}', $1 FROM \"Zähler\"")
        #expect(query.bindings.types == [PostgresType.text.rawValue])
    }

    @Test("without parameters is its text")
    func plain() {
        let (literal, interpolated): (PostgresQuery, PostgresQuery) = ("SELECT 1", "SELECT \(unescaped: "1")")
        #expect(literal.sql == interpolated.sql && literal.bindings == interpolated.bindings)
    }

    @Test("tells the first value that could not be written")
    func failure() {
        let query: PostgresQuery = "SELECT \("a\0b"), \(1), \("c\0d")"
        #expect(query.encodingError?.message.contains("NUL") == true)
        #expect(query.invalidity(StatementKind(sql: query.sql))?.code == .encodingFailed)
    }
}
