/// The rows of one statement, all of them in memory, and what the statement did.
public struct PostgresRows: Sendable, RandomAccessCollection {
    let result: ResultHandle

    /// The names of the columns, in order.
    public var columns: [String] { (0..<result.columnCount).map(result.columnName) }

    /// Rows that the statement inserted, changed, deleted or returned. 0 for statements that count nothing.
    public var affectedRows: Int { result.affectedRows }

    /// The server's command tag, e.g. `INSERT 0 1`.
    public var commandTag: String { result.commandTag }

    /// Always 0.
    public var startIndex: Int { 0 }
    /// The number of rows.
    public var endIndex: Int { result.rowCount }
    /// One row. The index must be within bounds, as for an array.
    public subscript(position: Int) -> PostgresRow {
        precondition(position >= 0 && position < endIndex, "row \(position) of \(endIndex)")
        return PostgresRow(result: result, index: position)
    }

    /// Every row as a tuple: `rows.decode((UUID, Date).self)`.
    ///
    /// - Throws: `decodingFailed` as ``PostgresRow/decode(_:file:line:)-(((Column).Type))`` does.
    public func decode<each Column: PostgresDecodable>(
        _ type: (repeat each Column).Type, file: String = #fileID, line: Int = #line
    ) throws(PostgresError) -> [(repeat each Column)] {
        var decoded: [(repeat each Column)] = []
        decoded.reserveCapacity(count)
        for row in self { decoded.append(try row.decode(type, file: file, line: line)) }
        return decoded
    }
}
