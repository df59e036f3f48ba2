/// The bound parameters of one statement, already in PostgreSQL's binary format.
///
/// A parameter whose type the server infers goes as text: the parser of whatever type that is reads it or refuses it, where
/// a binary reader would take the bytes of a label for those of a number.
///
/// All values lie in one buffer, so that binding costs as few allocations for many parameters as for one.
public struct PostgresBindings: Sendable, Hashable {
    /// What libpq must know of a parameter besides its bytes.
    struct Parameter: Hashable {
        /// 0 for one that the server infers.
        let type: UInt32
        /// In bytes; negative for NULL.
        let length: Int32

        static let null: Int32 = -1
    }

    private(set) var parameters: [Parameter] = []
    private var buffer = PostgresBuffer()

    /// Starts without parameters.
    public init() {}

    /// How many parameters there are. PostgreSQL allows 65535 a statement.
    public var count: Int { parameters.count }

    /// The parameters' types.
    var types: [UInt32] { parameters.map(\.type) }

    /// Makes room for as many parameters, of a few bytes each.
    mutating func reserveCapacity(_ count: Int) {
        if count == 0 { return }
        parameters.reserveCapacity(count)
        buffer.reserveCapacity(16 * count)
    }

    /// Adds a value.
    ///
    /// - Throws: what the value's own `encode(into:)` throws.
    public mutating func append<Value: PostgresEncodable>(_ value: Value) throws(PostgresError) {
        let type = value.postgresValueType
        let start = buffer.bytes.count
        do throws(PostgresError) {
            let length = value.isPostgresNull ? Parameter.null : try write(value, type)
            parameters.append(Parameter(type: type.rawValue, length: length))
        } catch {
            buffer.truncate(to: start)
            throw error
        }
    }

    /// - Returns: how many bytes it takes.
    private mutating func write(_ value: some PostgresEncodable, _ type: PostgresType) throws(PostgresError) -> Int32 {
        let start = buffer.bytes.count
        try value.encode(into: &buffer)
        if type == .unspecified {
            if buffer.bytes[start...].contains(0) {
                throw PostgresError(
                    .encodingFailed, "a parameter of a type to be inferred contains a NUL character")
            }
            buffer.write(0 as UInt8)  // libpq takes a text for a C string
        }
        guard let length = Int32(exactly: buffer.bytes.count - start) else {
            throw PostgresError(.encodingFailed, "a parameter is larger than 2 GiB")
        }
        return length
    }

    /// Gives libpq's three parallel arrays. The pointers are valid during the call only.
    func withParameterPointers<R>(
        _ body: (UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?) -> R
    ) -> R {
        if parameters.isEmpty { return body(nil, nil, nil) }
        return buffer.bytes.withUnsafeBytes { bytes in
            // A parameter of zero bytes still needs an address, because NULL means SQL NULL.
            let empty = UnsafeRawPointer(bitPattern: 1)?.assumingMemoryBound(to: CChar.self)
            return withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: count) { values in
                // The lengths, and behind them the formats.
                withUnsafeTemporaryAllocation(of: Int32.self, capacity: 2 * count) { integers in
                    var offset = 0
                    for (index, parameter) in parameters.enumerated() {
                        let length = parameter.length
                        let address = bytes.baseAddress.map { ($0 + offset).assumingMemoryBound(to: CChar.self) }
                        values.initializeElement(at: index, to: length == Parameter.null ? nil : address ?? empty)
                        integers.initializeElement(at: index, to: length)
                        integers.initializeElement(
                            at: count + index, to: parameter.type == 0 ? Self.text : Self.binary)
                        offset += Int(max(length, 0))
                    }
                    let lengths = UnsafePointer(integers.baseAddress)
                    return body(UnsafePointer(values.baseAddress), lengths, lengths.map { $0 + count })
                }
            }
        }
    }

    /// The protocol counts parameters in 16 bits.
    static let maximumCount = 65_535

    private static let text: Int32 = 0
    private static let binary: Int32 = 1
}
