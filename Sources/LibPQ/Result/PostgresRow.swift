/// One row. Keeps the whole result alive.
public struct PostgresRow: Sendable {
    let result: ResultHandle
    let index: Int

    /// The columns from the first on, as a tuple: `row.decode((UUID, Date, String?).self)`; one column: `row.decode(UUID.self)`.
    ///
    /// - Throws: `decodingFailed`, naming the column, its SQL type and the Swift type, when the number of columns differs,
    ///   a value does not fit or NULL meets a type that is not optional.
    public func decode<each Column: PostgresDecodable>(
        _ type: (repeat each Column).Type, file: String = #fileID, line: Int = #line
    ) throws(PostgresError) -> (repeat each Column) {
        var wanted = 0
        for _ in repeat (each Column).self { wanted += 1 }
        guard wanted == result.columnCount else {
            throw PostgresError(
                .decodingFailed, "the row has \(result.columnCount) columns, \(wanted) were asked for",
                file: file, line: line)
        }
        var column = -1
        func next<Value: PostgresDecodable>(_: Value.Type) throws(PostgresError) -> Value {
            column += 1
            return try value(at: column, file: file, line: line)
        }
        return (repeat try next((each Column).self))
    }

    /// One column by its name. The other columns are not looked at.
    ///
    /// - Throws: `decodingFailed`; also when no column, or more than one, has this name.
    public func decode<Value: PostgresDecodable>(
        _ type: Value.Type = Value.self, column name: String, file: String = #fileID, line: Int = #line
    ) throws(PostgresError) -> Value {
        let matches = (0..<result.columnCount).filter { result.columnName($0).utf8.elementsEqual(name.utf8) }
        guard let match = matches.first, matches.count == 1 else {
            throw PostgresError(
                .decodingFailed, "\(matches.isEmpty ? "no column" : "more than one column") is named \"\(name)\"",
                file: file, line: line)
        }
        return try value(at: match, file: file, line: line)
    }

    // Not inlined: the runtime would look up the type `Value?` for each value that is none.
    @inline(never)
    private func null<Value: PostgresDecodable>(at column: Int) throws(PostgresError) -> Value {
        if let null = Value.postgresNull { return null }
        throw PostgresError(
            .decodingFailed, "column \"\(result.columnName(column))\" (\(result.columnType(column))): NULL")
    }

    private func value<Value: PostgresDecodable>(
        at column: Int, file: String, line: Int
    ) throws(PostgresError) -> Value {
        let type = result.columnType(column)
        do throws(PostgresError) {
            guard let bytes = result.value(row: index, column: column) else { return try null(at: column) }
            return try Value(from: PostgresCell(result: result, bytes: bytes, type: type, column: column))
        } catch {
            throw PostgresError(
                .decodingFailed, "\(error.message), cannot be read as \(Value.self)",
                underlying: error.underlying, file: file, line: line)
        }
    }
}
