import LibPQ

/// What the server knows about a table, as far as it matters for comparing two states of it.
struct TableLayout: Hashable {
    /// A column.
    struct Column: Hashable {
        let name: String
        /// Whether the server makes up its values: an identity, a computed column, or a default that is not constant.
        var isGenerated = false
        /// The columns that a foreign key points to.
        var references: [ColumnName] = []
    }

    let schema: String
    let table: String
    var columns: [Column]
    /// The positions of the primary key's columns; empty if there is none.
    var primaryKey: [Int] = []

    /// With its schema, unless that is `public`.
    var name: String { ColumnName.tableName(schema: schema, table) }

    /// The columns' full names.
    var columnNames: [ColumnName] { columns.map { ColumnName(table: name, column: $0.name) } }
}

/// A column's full name.
struct ColumnName: Hashable, CustomStringConvertible {
    let table: String
    let column: String

    init(table: String, column: String) {
        self.table = table
        self.column = column
    }

    /// Reads `table.column` or `schema.table.column`; the schema `public` may be left out.
    init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard (2...3).contains(parts.count) else { return nil }
        table = Self.tableName(schema: parts.count == 3 ? parts[0] : "public", parts[parts.count - 2])
        column = parts[parts.count - 1]
    }

    /// As tables are named here: as in SQL, but in quotes only if that tells two tables apart.
    static func tableName(schema: String, _ table: String) -> String {
        func part(_ name: String) -> String {
            name.unicodeScalars.contains { $0 == "." || $0 == "\"" } ? name.quoted(with: "\"") : name
        }
        return schema == "public" ? part(table) : "\(part(schema)).\(part(table))"
    }

    var description: String { "\(table).\(column)" }
}
