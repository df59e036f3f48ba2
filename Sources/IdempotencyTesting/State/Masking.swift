/// Makes two states comparable: takes away what differs between two runs that did the same.
///
/// Values that the server made up during the run (identities, random ids, times) are all the same here, and so are foreign keys to them.
/// Such values from before the run stay as they are: they tell the rows apart that the run found.
struct Masking {
    /// What becomes of a column's values.
    private enum Treatment {
        case exact
        case ignored
        /// The values from before the run.
        case generated(known: Set<String>)
    }

    /// The part of the engine's table that two runs do not have in common: when the retention ends, and the answer, which may hold
    /// ids that were made up.
    static let engineColumns = Set(
        ["expires_at", "headers", "body"].map { ColumnName(table: "idempotency.keys", column: $0) })

    private let layouts: [TableLayout]
    private let treatments: [String: [Treatment]]

    /// - Parameters:
    ///   - layouts: all tables.
    ///   - before: the state in which every run begins.
    ///   - ignored: columns that are not compared.
    init(_ layouts: [TableLayout], before: DatabaseState, ignoring ignored: Set<ColumnName>) {
        self.layouts = layouts
        let columns = Dictionary(
            uniqueKeysWithValues: layouts.flatMap { zip($0.columnNames, $0.columns) })
        var values: [ColumnName: Set<String>] = [:]
        for layout in layouts {
            for (position, name) in layout.columnNames.enumerated() {
                values[name] = Set(before.rows[layout.name, default: []].compactMap { $0[position] })
            }
        }
        treatments = Dictionary(
            uniqueKeysWithValues: layouts.map { layout in
                (
                    layout.name,
                    layout.columnNames.map { name in
                        // A foreign key is as good as what it points to, over any number of tables.
                        let sources = Self.sources(of: name, columns)
                        if !sources.isDisjoint(with: ignored) { return .ignored }
                        guard sources.contains(where: { columns[$0]?.isGenerated ?? false }) else { return .exact }
                        return .generated(known: sources.reduce(into: []) { $0.formUnion(values[$1, default: []]) })
                    }
                )
            })
    }

    /// The column itself, and all that it points to.
    private static func sources(
        of name: ColumnName, _ columns: [ColumnName: TableLayout.Column]
    ) -> Set<ColumnName> {
        var found: Set<ColumnName> = []
        var open = [name]
        while let next = open.popLast() {
            if found.insert(next).inserted { open += columns[next]?.references ?? [] }
        }
        return found
    }

    /// The state without what differs between two runs that did the same.
    func masked(_ state: DatabaseState) -> MaskedState {
        MaskedState(
            tables: layouts.map { layout in
                let treatments = treatments[layout.name, default: []]
                let rows = state.rows[layout.name, default: []].map { row in
                    zip(row, treatments).map { value, treatment in Self.cell(value, treatment) }
                }
                return MaskedState.Table(layout: layout, rows: rows)
            })
    }

    private static func cell(_ value: String?, _ treatment: Treatment) -> MaskedState.Cell {
        switch (treatment, value) {
        case (.ignored, _): .ignored
        case (_, nil): .null
        case (.exact, let value?): .text(value)
        case (.generated(let known), let value?): known.contains(value) ? .text(value) : .new
        }
    }
}
