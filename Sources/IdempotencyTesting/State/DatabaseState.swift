import LibPQ

/// Every row of every table, as text.
struct DatabaseState: Hashable {
    /// A row's values in the order of the columns; nil for NULL.
    typealias Row = [String?]

    /// By the table's name.
    var rows: [String: [Row]]

    /// Reads all tables, in one round trip.
    static func read(_ layouts: [TableLayout], on connection: PostgresConnection) async throws(PostgresError) -> Self {
        let results = try await connection.pipeline(layouts.map(query))
        var state = DatabaseState(rows: [:])
        for (layout, rows) in zip(layouts, results) {
            state.rows[layout.name] = try rows.decode([String?].self)
        }
        return state
    }

    private static func query(_ layout: TableLayout) -> PostgresQuery {
        let columns = layout.columns.map { "\($0.name.quoted(with: quote))::text" }.joined(separator: ", ")
        return """
            SELECT ARRAY[\(unescaped: columns)]::text[]
            FROM \(unescaped: layout.schema.quoted(with: quote)).\(unescaped: layout.table.quoted(with: quote))
            """
    }

    private static let quote: Unicode.Scalar = "\""
}
