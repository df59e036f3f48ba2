/// A state of the database as it is compared with another.
struct MaskedState: Hashable {
    /// A value, as far as it is compared.
    enum Cell: Hashable {
        case null
        /// In UTF-8: the database keeps two spellings of an é apart, `String` does not.
        case value([UInt8])
        /// The server made it up during the run.
        case new
        /// The user wants it left out.
        case ignored

        static func text(_ value: String) -> Self { .value(Array(value.utf8)) }
    }

    /// The rows of a table, in any order.
    struct Table: Hashable {
        let layout: TableLayout
        var rows: [[Cell]]
    }

    /// In one order for all states of a database.
    var tables: [Table]

    /// What another state has more, less or otherwise: table by table, the engine's own last, because they only follow the others.
    func differences(in other: MaskedState) -> [StateDifference] {
        let differences = zip(tables, other.tables).flatMap { Self.differences(from: $0, to: $1) }
        return differences.filter { !$0.isOfEngine } + differences.filter(\.isOfEngine)
    }

    private static func differences(from expected: Table, to actual: Table) -> [StateDifference] {
        let layout = expected.layout
        var extra = surplus(of: actual.rows, over: expected.rows)
        var differences: [StateDifference] = []
        for row in surplus(of: expected.rows, over: actual.rows) {
            let key = key(of: row, layout)
            if let key, let index = extra.firstIndex(where: { Self.key(of: $0, layout) == key }) {
                let changed = extra.remove(at: index)
                differences.append(.init(layout.name, .changed, change(from: row, to: changed, layout)))
            } else {
                differences.append(.init(layout.name, .missing, text(row, layout)))
            }
        }
        return differences + extra.map { .init(layout.name, .extra, text($0, layout)) }
    }

    /// What is left of some rows when each of others has taken one that equals it.
    private static func surplus(of rows: [[Cell]], over others: [[Cell]]) -> [[Cell]] {
        var counts = others.reduce(into: [[Cell]: Int]()) { $0[$1, default: 0] += 1 }
        return rows.filter { row in
            guard let count = counts[row], count > 0 else { return true }
            counts[row] = count - 1
            return false
        }
    }

    /// The primary key, if it says which row this is in every run.
    private static func key(of row: [Cell], _ layout: TableLayout) -> [Cell]? {
        let key = layout.primaryKey.map { row[$0] }
        return key.isEmpty || key.contains(.new) || key.contains(.ignored) ? nil : key
    }

    private static func text(_ row: [Cell], _ layout: TableLayout) -> String {
        let columns = zip(layout.columns, row).filter { $1 != .ignored }.map { "\($0.name): \(text($1))" }
        return "(\(columns.joined(separator: ", ")))"
    }

    private static func change(from row: [Cell], to other: [Cell], _ layout: TableLayout) -> String {
        let key = layout.primaryKey.map { "\(layout.columns[$0].name): \(text(row[$0]))" }
        let changes = row.indices.filter { row[$0] != other[$0] }.map {
            "\(layout.columns[$0].name) \(text(other[$0])) instead of \(text(row[$0]))"
        }
        return "(\(key.joined(separator: ", "))) \(changes.joined(separator: ", "))"
    }

    /// Enough to recognise a document by.
    private static func shortened(_ text: String) -> String { text.count > 100 ? text.prefix(100) + "…" : text }

    private static func text(_ cell: Cell) -> String {
        switch cell {
        case .null: "NULL"
        case .value(let value): shortened(String(decoding: value, as: UTF8.self))
        case .new: "new"
        case .ignored: "ignored"
        }
    }
}
