extension Array: PostgresEncodable where Element: PostgresArrayElement {
    /// The element's array type.
    public static var postgresType: PostgresType { Element.postgresArrayType }
    /// Writes all elements.
    ///
    /// - Throws: `encodingFailed` for what PostgreSQL has no array for: inner arrays that are empty or differ in length.
    public func encode(into buffer: inout PostgresBuffer) throws(PostgresError) {
        try Element.encodeArray(self, into: &buffer)
    }
}

extension Array: PostgresDecodable where Element: PostgresArrayElement {
    /// Reads all elements. Lower bounds other than 1 are not kept.
    ///
    /// - Throws: `decodingFailed` for an array of another number of dimensions.
    public init(from cell: PostgresCell) throws(PostgresError) { self = try Element.decodeArray(from: cell) }
}

/// Arrays of arrays are PostgreSQL's arrays of several dimensions: `[[Int]]` is an `int8[]` of two.
extension Array: PostgresArrayElement where Element: PostgresArrayElement {
    /// That of the innermost elements, however many dimensions there are.
    public static var postgresArrayType: PostgresType {
        Element.postgresArrayType == .bytea ? .byteaArray : Element.postgresArrayType
    }
    /// That of the innermost elements.
    public static var postgresArrayElementType: PostgresType { Element.postgresArrayElementType }

    /// Writes one dimension more than the elements have.
    public static func writeArray(_ array: [Self], to writer: inout PostgresArrayWriter) throws(PostgresError) {
        try writer.begin(array.count)
        for element in array { try Element.writeArray(element, to: &writer) }
        writer.end()
    }

    /// Reads one dimension more than the elements have.
    public static func readArray(from reader: inout PostgresArrayReader) throws(PostgresError) -> [Self] {
        let count = try reader.begin()
        var array: [Self] = []
        array.reserveCapacity(count)
        for _ in 0..<count { array.append(try Element.readArray(from: &reader)) }
        reader.end()
        return array
    }
}

extension Optional: PostgresArrayElement where Wrapped: PostgresArrayElement & PostgresCodable {
    /// The wrapped type's.
    public static var postgresArrayType: PostgresType { Wrapped.postgresArrayType }
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
extension UInt8: PostgresArrayElement {
    /// `bytea`: bytes are not an array to PostgreSQL.
    public static var postgresArrayType: PostgresType { .bytea }
    /// `bytea`
    public static var postgresArrayElementType: PostgresType { .bytea }
    /// Writes the bytes.
    public static func encodeArray(_ array: [UInt8], into buffer: inout PostgresBuffer) { buffer.write(array) }
    /// Reads bytea.
    public static func decodeArray(from cell: PostgresCell) throws(PostgresError) -> [UInt8] {
        guard cell.type == .bytea else { throw cell.failure("not a bytea") }
        return cell.bytes
    }
    /// Writes one element, not a dimension.
    public static func writeArray(_ array: [UInt8], to writer: inout PostgresArrayWriter) throws(PostgresError) {
        try writer.append(array)
    }
    /// Reads one element, not a dimension.
    public static func readArray(from reader: inout PostgresArrayReader) throws(PostgresError) -> [UInt8] {
        try reader.next()
    }
}
