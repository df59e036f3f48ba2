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
        let (a, b): ([Cell], [Cell]) = ([.value("1"), .value("5")], [.new, .null])
        #expect(differences([a, b, b], [b, a, b]) == [])
    }

    @Test("rows are counted: one too many, one missing")
    func counted() {
        let row: [Cell] = [.new, .value("5")]
        #expect(differences([row], [row, row]) == ["accounts: a row too many: (id: new, balance: 5)"])
        #expect(differences([row, row], [row]) == ["accounts: a row is missing: (id: new, balance: 5)"])
        #expect(differences([], [[.ignored, .null]]) == ["accounts: a row too many: (balance: NULL)"])
    }

    @Test("a row with the same primary key is told as changed, with its columns; one without a known key is not")
    func changed() {
        #expect(
            differences([[.value("1"), .value("5")]], [[.value("1"), .value("4")]])
                == ["accounts: a row differs: (id: 1) balance 4 instead of 5"])
        #expect(
            differences([[.new, .value("5")]], [[.new, .value("4")]])
                == [
                    "accounts: a row is missing: (id: new, balance: 5)",
                    "accounts: a row too many: (id: new, balance: 4)",
                ])
    }

    @Test("the engine's own rows come last, and long values are cut")
    func engineLast() {
        let expected = state([])
        let actual = state([[.value("1"), .value(String(repeating: "x", count: 200))]], keys: [[.value("acme")]])
        let differences = expected.differences(in: actual)
        #expect(differences.map(\.table) == ["accounts", "idempotency.keys"])
        #expect(differences[0].row == "(id: 1, balance: \(String(repeating: "x", count: 100))…)")
    }
}
