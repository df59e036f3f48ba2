/// A type whose arrays PostgreSQL can hold.
///
/// Arrays are asked through their element, so that `[UInt8]` can be `bytea` while `[Int]` is `int8[]`.
public protocol PostgresArrayElement: Sendable {
    /// The SQL type of an array of these.
    static var postgresArrayType: PostgresType { get }
    /// Writes a whole array.
    static func encodeArray(_ array: [Self], into buffer: inout PostgresBuffer) throws(PostgresError)
    /// Reads a whole array.
    static func decodeArray(from cell: PostgresCell) throws(PostgresError) -> [Self]
}

extension Array: PostgresEncodable where Element: PostgresArrayElement {
    /// The element's array type.
    public static var postgresType: PostgresType { Element.postgresArrayType }
    /// Writes all elements.
    public func encode(into buffer: inout PostgresBuffer) throws(PostgresError) {
        try Element.encodeArray(self, into: &buffer)
    }
}

extension Array: PostgresDecodable where Element: PostgresArrayElement {
    /// Reads all elements.
    public init(from cell: PostgresCell) throws(PostgresError) { self = try Element.decodeArray(from: cell) }
}

extension PostgresArrayElement where Self: PostgresCodable {
    /// Writes a one-dimensional array.
    public static func encodeArray(_ array: [Self], into buffer: inout PostgresBuffer) throws(PostgresError) {
        buffer.write(Int32(array.isEmpty ? 0 : 1))  // dimensions
        buffer.write(Int32(array.contains { $0.isPostgresNull } ? 1 : 0))  // has NULLs
        buffer.write(postgresType.rawValue)
        if array.isEmpty { return }
        buffer.write(Int32(array.count))
        buffer.write(Int32(1))  // lower bound
        for element in array {
            if element.isPostgresNull {
                buffer.write(Int32(-1))
            } else {
                try buffer.writeWithLength { buffer throws(PostgresError) in try element.encode(into: &buffer) }
            }
        }
    }

    /// Reads a one-dimensional array.
    ///
    /// - Throws: `decodingFailed` for nested arrays and for a NULL element when `Self` is not optional.
    public static func decodeArray(from cell: PostgresCell) throws(PostgresError) -> [Self] {
        // The bytes of a scalar may look like an empty array.
        if cell.type.isScalar { throw cell.failure("not an array") }
        let dimensions: Int32 = try cell.integer()
        let elementType = PostgresType(rawValue: try cell.integer(at: 8))
        if dimensions == 0 { return [] }
        guard dimensions == 1 else { throw cell.failure("an array of \(dimensions) dimensions") }
        let count: Int32 = try cell.integer(at: 12)
        // Each element has at least its length: a count that the bytes cannot hold must not reserve memory.
        guard count >= 0, Int(count) <= cell.count / 4 else { throw cell.failure("a broken array header") }
        var array: [Self] = []
        array.reserveCapacity(Int(count))
        var offset = 20
        for index in 0..<Int(count) {
            let length: Int32 = try cell.integer(at: offset)
            offset += 4
            if length < 0 {
                guard let null = postgresNull else { throw cell.failure("element \(index) is NULL") }
                array.append(null)
            } else {
                array.append(try Self(from: cell.slice(at: offset, count: Int(length), type: elementType)))
                offset += Int(length)
            }
        }
        return array
    }
}

extension Bool: PostgresArrayElement {
    /// `bool[]`
    public static var postgresArrayType: PostgresType { .boolArray }
}
extension Int16: PostgresArrayElement {
    /// `int2[]`
    public static var postgresArrayType: PostgresType { .int2Array }
}
extension Int32: PostgresArrayElement {
    /// `int4[]`
    public static var postgresArrayType: PostgresType { .int4Array }
}
extension Int64: PostgresArrayElement {
    /// `int8[]`
    public static var postgresArrayType: PostgresType { .int8Array }
}
extension Int: PostgresArrayElement {
    /// `int8[]`
    public static var postgresArrayType: PostgresType { .int8Array }
}
extension Float: PostgresArrayElement {
    /// `float4[]`
    public static var postgresArrayType: PostgresType { .float4Array }
}
extension Double: PostgresArrayElement {
    /// `float8[]`
    public static var postgresArrayType: PostgresType { .float8Array }
}
extension String: PostgresArrayElement {
    /// `text[]`
    public static var postgresArrayType: PostgresType { .textArray }
}
extension PostgresJSON: PostgresArrayElement {
    /// `jsonb[]`
    public static var postgresArrayType: PostgresType { .jsonbArray }
}
extension Optional: PostgresArrayElement where Wrapped: PostgresArrayElement & PostgresCodable {
    /// The wrapped type's.
    public static var postgresArrayType: PostgresType { Wrapped.postgresArrayType }
}

extension UInt8: PostgresArrayElement {
    /// `bytea`: bytes are not an array to PostgreSQL.
    public static var postgresArrayType: PostgresType { .bytea }
    /// Writes the bytes.
    public static func encodeArray(_ array: [UInt8], into buffer: inout PostgresBuffer) { buffer.write(array) }
    /// Reads bytea.
    public static func decodeArray(from cell: PostgresCell) throws(PostgresError) -> [UInt8] {
        guard cell.type == .bytea else { throw cell.failure("not a bytea") }
        return cell.bytes
    }
}
