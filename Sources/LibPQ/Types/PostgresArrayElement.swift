/// A type whose arrays PostgreSQL can hold.
///
/// Arrays are asked through their element, so that `[UInt8]` can be `bytea` while `[Int]` is `int8[]`. A type that is
/// `PostgresCodable` only has to name ``postgresArrayType``.
public protocol PostgresArrayElement: Sendable {
    /// The SQL type of an array of these.
    static var postgresArrayType: PostgresType { get }
    /// The SQL type of one element.
    static var postgresArrayElementType: PostgresType { get }
    /// Writes a value that is an array of these.
    static func encodeArray(_ array: [Self], into buffer: inout PostgresBuffer) throws(PostgresError)
    /// Reads a value that is an array of these.
    static func decodeArray(from cell: PostgresCell) throws(PostgresError) -> [Self]
    /// Writes one dimension of a value that may have more.
    static func writeArray(_ array: [Self], to writer: inout PostgresArrayWriter) throws(PostgresError)
    /// Reads one dimension of a value that may have more.
    static func readArray(from reader: inout PostgresArrayReader) throws(PostgresError) -> [Self]
}

extension PostgresArrayElement {
    /// Writes the array's header and its elements.
    public static func encodeArray(_ array: [Self], into buffer: inout PostgresBuffer) throws(PostgresError) {
        if postgresArrayElementType == postgresArrayType, postgresArrayType != .unspecified {
            throw PostgresError(
                .encodingFailed, "PostgreSQL has no optional array inside an array; a parameter is \([Self].self)")
        }
        var writer = PostgresArrayWriter(elementType: postgresArrayElementType)
        // Lent, not copied: the buffer holds all parameters before this one.
        swap(&writer.buffer, &buffer)
        defer { swap(&writer.buffer, &buffer) }
        try writeArray(array, to: &writer)
        writer.finish()
    }

    /// Reads the array's header and its elements.
    public static func decodeArray(from cell: PostgresCell) throws(PostgresError) -> [Self] {
        var reader = try PostgresArrayReader(cell)
        return try readArray(from: &reader)
    }
}

extension PostgresArrayElement where Self: PostgresCodable {
    /// The SQL type of the values themselves.
    public static var postgresArrayElementType: PostgresType { postgresType }

    /// Writes the innermost dimension.
    public static func writeArray(_ array: [Self], to writer: inout PostgresArrayWriter) throws(PostgresError) {
        try writer.begin(array.count)
        for element in array { try writer.append(element) }
        writer.end()
    }

    /// Reads the innermost dimension.
    ///
    /// - Throws: `decodingFailed` also for a NULL element when `Self` is not optional.
    public static func readArray(from reader: inout PostgresArrayReader) throws(PostgresError) -> [Self] {
        let count = try reader.begin()
        var array: [Self] = []
        array.reserveCapacity(count)
        for _ in 0..<count { array.append(try reader.next()) }
        reader.end()
        return array
    }
}
