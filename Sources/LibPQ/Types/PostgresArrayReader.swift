/// Reads an array of any number of dimensions.
///
/// Source: PostgreSQL, `array_send` in `src/backend/utils/adt/arrayfuncs.c`.
public struct PostgresArrayReader {
    private let cell: PostgresCell
    private let elementType: PostgresType
    private let dimensions: Int
    private var level = 0
    private var offset: Int
    private var index = 0

    init(_ cell: PostgresCell) throws(PostgresError) {
        // The bytes of a scalar may look like an empty array.
        if cell.type.isScalar { throw cell.failure("not an array") }
        self.cell = cell
        dimensions = Int(try cell.integer(as: Int32.self))
        guard (0...Self.maximumDimensions).contains(dimensions) else { throw cell.failure("a broken array header") }
        elementType = PostgresType(rawValue: try cell.integer(at: 8))
        offset = Self.headerSize + dimensions * Self.dimensionSize
        // Each element has at least its length: counts that the bytes cannot hold must neither reserve memory nor take time.
        var elements = 1
        for level in 0..<dimensions {
            let count: Int32 = try cell.integer(at: Self.headerSize + level * Self.dimensionSize)
            elements *= Int(count)
            guard count > 0 || (count == 0 && dimensions == 1), elements <= cell.count / 4 else {
                throw cell.failure("a broken array header")
            }
        }
    }

    /// Source: PostgreSQL, `MAXDIM` in `src/include/utils/array.h`.
    private static let maximumDimensions = 6
    /// The number of dimensions, flags, the type of the elements: 4 bytes each.
    private static let headerSize = 12
    /// The length and the lower bound: 4 bytes each.
    private static let dimensionSize = 8

    /// Begins the next inner dimension.
    ///
    /// - Returns: its length.
    mutating func begin() throws(PostgresError) -> Int {
        if dimensions == 0, level == 0 {
            level = 1
            return 0
        }
        guard level < dimensions else { throw wrongDimensions }
        let count: Int32 = try cell.integer(at: Self.headerSize + level * Self.dimensionSize)
        level += 1
        return Int(count)
    }

    /// Ends the dimension begun last.
    mutating func end() { level -= 1 }

    /// The next element.
    mutating func next<Value: PostgresDecodable>() throws(PostgresError) -> Value {
        guard level == dimensions else { throw wrongDimensions }
        let length: Int32 = try cell.integer(at: offset)
        offset += 4
        index += 1
        if length < 0 {
            guard let null = Value.postgresNull else { throw cell.failure("element \(index - 1) is NULL") }
            return null
        }
        let element = try cell.slice(at: offset, count: Int(length), type: elementType)
        offset += Int(length)
        return try Value(from: element)
    }

    private var wrongDimensions: PostgresError {
        cell.failure("an array of \(dimensions) dimension\(dimensions == 1 ? "" : "s")")
    }
}
