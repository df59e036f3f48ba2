import Testing

@testable import IdempotencyTesting

@Suite("Masking")
struct MaskingTests {
    private static let accounts = TableLayout(
        schema: "public", table: "accounts",
        columns: [.init(name: "id", isGenerated: true), .init(name: "balance")], primaryKey: [0])
    private static let payments = TableLayout(
        schema: "shop", table: "payments",
        columns: [
            .init(name: "id", isGenerated: true),
            .init(name: "account_id", references: [ColumnName(table: "accounts", column: "id")]),
            .init(name: "note"),
        ], primaryKey: [0])
    private static let refunds = TableLayout(
        schema: "public", table: "refunds",
        columns: [.init(name: "payment_id", references: [ColumnName(table: "shop.payments", column: "id")])])
    private static let before = DatabaseState(rows: ["accounts": [["1", "900"]], "shop.payments": [["p1", "1", nil]]])

    private func cells(
        _ table: String, _ row: [String?], ignoring: Set<ColumnName> = []
    ) throws -> [MaskedState.Cell] {
        let masking = Masking(
            [Self.accounts, Self.payments, Self.refunds], before: Self.before, ignoring: ignoring)
        let state = masking.masked(DatabaseState(rows: [table: [row]]))
        return try #require(state.tables.first { $0.layout.name == table }?.rows.first)
    }

    @Test("a generated value is the same in all runs when it is new, and itself when the run found it")
    func generated() throws {
        #expect(try cells("accounts", ["2", "1"]) == [.new, .text("1")])
        #expect(try cells("accounts", ["1", "1"]) == [.text("1"), .text("1")])
    }

    @Test("other values are compared as they are, NULL too")
    func exact() throws {
        #expect(try cells("shop.payments", ["p1", "1", nil]) == [.text("p1"), .text("1"), .null])
        #expect(try cells("shop.payments", ["p1", "1", "1"]).last == .text("1"))
    }

    @Test("a foreign key is masked as what it points to, over tables and schemas")
    func references() throws {
        #expect(try cells("shop.payments", ["p2", "2", "x"]) == [.new, .new, .text("x")])
        #expect(try cells("refunds", ["p1"]) == [.text("p1")])
        #expect(try cells("refunds", ["p2"]) == [.new])
    }

    @Test("an ignored column is never compared, nor is what points to it")
    func ignored() throws {
        let id = try #require(ColumnName("public.accounts.id"))
        #expect(try cells("accounts", ["1", "1"], ignoring: [id]) == [.ignored, .text("1")])
        #expect(try cells("shop.payments", ["p1", "1", "x"], ignoring: [id])[1] == .ignored)
    }

    @Test(
        "columns are named with or without a schema",
        arguments: [
            ("accounts.id", "accounts.id"), ("public.accounts.id", "accounts.id"),
            ("shop.payments.id", "shop.payments.id"), ("id", nil), ("a.b.c.d", nil), ("", nil),
        ])
    func names(text: String, name: String?) {
        #expect(ColumnName(text)?.description == name)
    }
}
