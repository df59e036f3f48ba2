/// Writes an array of any number of dimensions: in binary format, or as a literal when the type of its elements is unspecified.
///
/// Source: PostgreSQL, `array_recv` in `src/backend/utils/adt/arrayfuncs.c`, and "Array Input and Output Syntax".
public struct PostgresArrayWriter {
    var buffer = PostgresBuffer()
    private let elementType: PostgresType
    /// The lengths of the dimensions, known from the first way down to an element.
    private var dimensions: [Int] = []
    private var level = 0
    private var flagsOffset: Int?
    private var hasNull = false
    private var needsComma = false

    init(elementType: PostgresType) { self.elementType = elementType }

    private var isText: Bool { elementType == .unspecified }

    /// Begins the next inner dimension.
    ///
    /// - Throws: `encodingFailed` when it is empty or its length differs from that of its neighbours.
    mutating func begin(_ count: Int) throws(PostgresError) {
        if level == dimensions.count { dimensions.append(count) }
        guard dimensions[level] == count else {
            throw PostgresError(
                .encodingFailed,
                "an array parameter is not rectangular: \(dimensions[level]) and \(count) elements side by side")
        }
        if level > 0, count == 0 {
            throw PostgresError(
                .encodingFailed, "an array parameter contains an empty array, which PostgreSQL cannot hold")
        }
        level += 1
        if isText { separate(with: "{") }
        needsComma = false
    }

    /// Ends the dimension begun last.
    mutating func end() {
        level -= 1
        if isText { buffer.write("}") }
        needsComma = true
    }

    /// Appends an element.
    mutating func append<Value: PostgresEncodable>(_ value: Value) throws(PostgresError) {
        if isText { return try appendText(value) }
        if flagsOffset == nil { writeHeader() }
        if value.isPostgresNull {
            hasNull = true
            buffer.write(Int32(-1))
        } else {
            try buffer.writeWithLength { buffer throws(PostgresError) in try value.encode(into: &buffer) }
        }
    }

    /// Completes the array.
    mutating func finish() {
        if isText { return }
        if flagsOffset == nil {  // no element came
            dimensions = []
            writeHeader()
        }
        if hasNull, let flagsOffset { buffer.overwrite(at: flagsOffset, with: 1) }
    }

    private mutating func writeHeader() {
        buffer.write(Int32(dimensions.count))
        flagsOffset = buffer.bytes.count
        buffer.write(Int32(0))  // no NULLs
        buffer.write(elementType.rawValue)
        for count in dimensions {
            buffer.write(Int32(count))
            buffer.write(Int32(1))  // lower bound
        }
    }

    private mutating func appendText(_ value: some PostgresEncodable) throws(PostgresError) {
        if value.isPostgresNull { return separate(with: "NULL") }
        guard value.postgresValueType == .unspecified else {
            throw PostgresError(
                .encodingFailed, "an array of raw values has no type; bind it as one raw value of the array's type")
        }
        var text = PostgresBuffer()
        try value.encode(into: &text)
        separate(with: "\"")
        for byte in text.bytes {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { buffer.write(UInt8(ascii: "\\")) }
            buffer.write(byte)
        }
        buffer.write("\"")
    }

    private mutating func separate(with text: String) {
        if needsComma { buffer.write(",") }
        buffer.write(text)
        needsComma = true
    }
}
