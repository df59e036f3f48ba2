/// Writes rows in COPY's binary format.
///
/// Source: PostgreSQL, "COPY", "Binary Format".
struct CopyRowEncoder {
    private var buffer = PostgresBuffer()

    /// Begins with the header: signature, flags, and the length of an extension that nobody uses.
    init() {
        buffer.write("PGCOPY\n".utf8)
        buffer.write([0xFF, 0x0D, 0x0A, 0x00] as [UInt8])
        buffer.write(Int32(0))
        buffer.write(Int32(0))
    }

    var count: Int { buffer.bytes.count }

    /// Appends a row, or nothing when it throws.
    mutating func append<each Column: PostgresEncodable>(_ column: repeat each Column) throws(PostgresError) {
        let start = buffer.bytes.count
        do throws(PostgresError) {
            var columns: Int16 = 0
            for _ in repeat (each Column).self { columns += 1 }
            buffer.write(columns)
            for value in repeat each column { try appendValue(value) }
        } catch {
            buffer.truncate(to: start)
            throw error
        }
    }

    private mutating func appendValue(_ value: some PostgresEncodable) throws(PostgresError) {
        if value.isPostgresNull {
            buffer.write(Int32(-1))
        } else {
            try buffer.writeWithLength { buffer throws(PostgresError) in try value.encode(into: &buffer) }
        }
    }

    /// Ends with the trailer.
    mutating func finish() { buffer.write(Int16(-1)) }

    /// The bytes since the last call.
    mutating func take() -> [UInt8] {
        defer { buffer = PostgresBuffer() }
        return buffer.bytes
    }
}
