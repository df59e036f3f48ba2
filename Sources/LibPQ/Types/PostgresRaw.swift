/// A value of any SQL type as its OID and its bytes in PostgreSQL's binary format, to be bound again as it is or taken apart.
///
/// For types that have no Swift type here: composites, ranges, geometry, bit strings, money, and what extensions bring. Two are equal
/// when their types and bytes are.
///
///     let home = try row.decode(PostgresRaw.self)                 // CREATE TYPE address AS (street text, number int)
///     let (street, number) = try home.decodeFields((String, Int?).self)
///     try await connection.execute("UPDATE people SET home = \(home)")
///
/// OIDs of types that users or extensions created hold in one database only.
public struct PostgresRaw: Sendable {
    /// The SQL type.
    public let type: PostgresType
    /// The value in binary format. The functions named `send` in PostgreSQL's source define it.
    public let bytes: [UInt8]
    /// Where it was read, for errors.
    private var column = "raw value"

    /// A value to be bound. The server checks the bytes.
    public init(type: PostgresType, bytes: [UInt8]) {
        self.type = type
        self.bytes = bytes
    }

    /// The value as a Swift type, as if it stood in a column.
    ///
    /// - Throws: `decodingFailed` as ``PostgresRow/decode(_:file:line:)-(((Column).Type))`` does.
    public func decode<Value: PostgresDecodable>(
        _ type: Value.Type = Value.self, file: String = #fileID, line: Int = #line
    ) throws(PostgresError) -> Value {
        try Self.decode(cell, in: column, self.type, file: file, line: line)
    }

    /// The fields of a composite or of a `ROW(...)`, in order, as a tuple.
    ///
    /// - Throws: `decodingFailed` when this is no composite (a composite that users created cannot be told from their other types by its
    ///   OID; then the bytes decide), when the number of fields differs, and when a field does not fit.
    public func decodeFields<each Field: PostgresDecodable>(
        _ type: (repeat each Field).Type, file: String = #fileID, line: Int = #line
    ) throws(PostgresError) -> (repeat each Field) {
        var wanted = 0
        for _ in repeat (each Field).self { wanted += 1 }
        let cell = cell
        // Each field has its type and its length, 4 bytes each.
        guard self.type == .record || self.type.rawValue >= PostgresType.firstUserDefined,
            let count = try? cell.integer(as: Int32.self), count >= 0, Int(count) <= cell.count / 8
        else { throw cell.failure("not a composite").at(sql: nil, file: file, line: line) }
        guard count == wanted else {
            throw cell.failure("a composite of \(count) fields, \(wanted) were asked for").at(
                sql: nil, file: file, line: line)
        }
        var offset = 4
        var number = 0
        func next<Value: PostgresDecodable>(_: Value.Type) throws(PostgresError) -> Value {
            number += 1
            let type = PostgresType(rawValue: try cell.integer(at: offset))
            let length = Int(try cell.integer(at: offset + 4, as: Int32.self))
            offset += 8
            let field = length < 0 ? nil : try cell.slice(at: offset, count: length, type: type)
            offset += max(length, 0)
            let place = "\(column)\", field \"\(number)"
            return try Self.decode(field?.named(place), in: place, type, file: file, line: line)
        }
        return (repeat try next((each Field).self))
    }

    private var cell: PostgresCell { PostgresCell(bytes: bytes, type: type, column: column) }

    private static func decode<Value: PostgresDecodable>(
        _ cell: PostgresCell?, in place: String, _ type: PostgresType, file: String, line: Int
    ) throws(PostgresError) -> Value {
        do throws(PostgresError) {
            if let cell { return try Value(from: cell) }
            if let null = Value.postgresNull { return null }
            throw PostgresError(.decodingFailed, "column \"\(place)\" (\(type)): NULL")
        } catch {
            throw PostgresError(
                .decodingFailed, "\(error.message), cannot be read as \(Value.self)",
                underlying: error.underlying, file: file, line: line)
        }
    }
}

extension PostgresRaw: Hashable {
    /// Where a value was read makes no difference.
    public static func == (a: Self, b: Self) -> Bool { a.type == b.type && a.bytes == b.bytes }
    /// Agrees with `==`.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(type)
        hasher.combine(bytes)
    }
}

extension PostgresRaw: PostgresCodable, PostgresArrayElement {
    /// Inferred by the server, for NULL.
    public static var postgresType: PostgresType { .unspecified }
    /// The value's own.
    public var postgresValueType: PostgresType { type }
    /// Unknown: arrays of raw values can be read, not bound. Bind one raw value of the array's type.
    public static var postgresArrayType: PostgresType { .unspecified }

    /// Reads every type.
    public init(from cell: PostgresCell) {
        self.init(type: cell.type, bytes: cell.bytes)
        column = cell.column
    }

    /// Writes the bytes.
    public func encode(into buffer: inout PostgresBuffer) { buffer.write(bytes) }
}
