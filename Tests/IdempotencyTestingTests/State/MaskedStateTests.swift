import Testing

@testable import IdempotencyTesting

@Suite("Comparison of two states")
struct MaskedStateTests {
    typealias Cell = MaskedState.Cell

    private static let accounts = TableLayout(
        schema: "public", table: "accounts", columns: [.init(name: "id"), .init(name: "balance")], primaryKey: [0])
    private static let keys = TableLayout(schema: "idempotency", table: "keys", columns: [.init(name: "scope")])

    private func state(_ accounts: [[Cell]], keys: [[Cell]] = []) -> MaskedState {
        MaskedState(tables: [.init(layout: Self.keys, rows: keys), .init(layout: Self.accounts, rows: accounts)])
    }

    private func differences(_ expected: [[Cell]], _ actual: [[Cell]]) -> [String] {
        state(expected).differences(in: state(actual)).map(\.description)
    }

    @Test("the same rows in another order are the same")
    func order() {
        let (a, b): ([Cell], [Cell]) = ([.text("1"), .text("5")], [.new, .null])
        #expect(differences([a, b, b], [b, a, b]) == [])
    }

    @Test("values are compared as the database has them: two spellings of an é differ")
    func normalForms() {
        let found = differences([[.text("1"), .text("\u{E9}")]], [[.text("1"), .text("e\u{301}")]])
        #expect(found.count == 1)
    }

    @Test("tables are told apart whatever is in their names")
    func names() {
        let dotted = TableLayout(schema: "public", table: "audit.log", columns: [])
        let qualified = TableLayout(schema: "audit", table: "log", columns: [])
        #expect(dotted.name == "\"audit.log\"" && qualified.name == "audit.log")
    }

    @Test("rows are counted: one too many, one missing")
    func counted() {
        let row: [Cell] = [.new, .text("5")]
        #expect(differences([row], [row, row]) == ["accounts: a row too many: (id: new, balance: 5)"])
        #expect(differences([row, row], [row]) == ["accounts: a row is missing: (id: new, balance: 5)"])
        #expect(differences([], [[.ignored, .null]]) == ["accounts: a row too many: (balance: NULL)"])
    }

    @Test("a row with the same primary key is told as changed, with its columns; one without a known key is not")
    func changed() {
        #expect(
            differences([[.text("1"), .text("5")]], [[.text("1"), .text("4")]])
                == ["accounts: a row differs: (id: 1) balance 4 instead of 5"])
        #expect(
            differences([[.new, .text("5")]], [[.new, .text("4")]])
                == [
                    "accounts: a row is missing: (id: new, balance: 5)",
                    "accounts: a row too many: (id: new, balance: 4)",
                ])
    }

    @Test("the engine's own rows come last, and long values are cut")
    func engineLast() {
        let expected = state([])
        let actual = state([[.text("1"), .text(String(repeating: "x", count: 200))]], keys: [[.text("acme")]])
        let differences = expected.differences(in: actual)
        #expect(differences.map(\.table) == ["accounts", "idempotency.keys"])
        #expect(differences[0].row == "(id: 1, balance: \(String(repeating: "x", count: 100))…)")
    }
}
