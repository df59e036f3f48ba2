/// The bound parameters of one statement, already in PostgreSQL's binary format.
///
/// A parameter whose type the server infers goes as text: the parser of whatever type that is reads it or refuses it, where
/// a binary reader would take the bytes of a label for those of a number.
///
/// All values lie in one buffer, so that binding costs one allocation however many parameters there are. Copies share it.
public struct PostgresBindings: Sendable {
    /// `@unchecked Sendable`: changed only by the one ``PostgresBindings`` that refers to it.
    private final class Storage: @unchecked Sendable {
        var values: Values

        init(_ values: Values) { self.values = values }

        static let empty = Storage(Values())
    }

    private var storage = Storage.empty

    /// Starts without parameters.
    public init() {}

    /// How many parameters there are. PostgreSQL allows 65535 a statement.
    public var count: Int { storage.values.types.count }

    /// The parameters' types, 0 for one that the server infers.
    var types: [UInt32] { storage.values.types }

    /// Makes room for as many parameters, of a few bytes each.
    mutating func reserveCapacity(_ count: Int) {
        if count == 0 { return }
        makeUnique()
        storage.values.reserveCapacity(count)
    }

    /// Adds a value.
    ///
    /// - Throws: what the value's own `encode(into:)` throws.
    public mutating func append<Value: PostgresEncodable>(_ value: Value) throws(PostgresError) {
        makeUnique()
        try storage.values.append(value)
    }

    /// Gives libpq's three parallel arrays. The pointers are valid during the call only.
    func withParameterPointers<R>(
        _ body: (UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?) -> R
    ) -> R {
        storage.values.withParameterPointers(body)
    }

    private mutating func makeUnique() {
        if !isKnownUniquelyReferenced(&storage) { storage = Storage(storage.values) }
    }

    /// The protocol counts parameters in 16 bits.
    static let maximumCount = 65_535
}

extension PostgresBindings: Hashable {
    /// Whether the parameters and their types are the same, byte by byte.
    public static func == (first: Self, second: Self) -> Bool {
        first.storage === second.storage || first.storage.values == second.storage.values
    }

    /// Hashes the parameters and their types.
    public func hash(into hasher: inout Hasher) { hasher.combine(storage.values) }
}

/// What ``PostgresBindings`` share.
private struct Values: Hashable {
    private(set) var types: [UInt32] = []
    private var lengths: [Int32] = []
    private var buffer = PostgresBuffer()

    mutating func reserveCapacity(_ count: Int) {
        types.reserveCapacity(count)
        lengths.reserveCapacity(count)
        buffer.reserveCapacity(16 * count)
    }

    mutating func append<Value: PostgresEncodable>(_ value: Value) throws(PostgresError) {
        let type = value.postgresValueType
        let start = buffer.bytes.count
        do throws(PostgresError) {
            lengths.append(value.isPostgresNull ? Self.null : try write(value, type))
            types.append(type.rawValue)
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

    func withParameterPointers<R>(
        _ body: (UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?) -> R
    ) -> R {
        if types.isEmpty { return body(nil, nil, nil) }
        return buffer.bytes.withUnsafeBytes { bytes in
            // A parameter of zero bytes still needs an address, because NULL means SQL NULL.
            let empty = UnsafeRawPointer(bitPattern: 1)?.assumingMemoryBound(to: CChar.self)
            return withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: types.count) { values in
                var offset = 0
                for index in types.indices {
                    let length = lengths[index]
                    let address = bytes.baseAddress.map { ($0 + offset).assumingMemoryBound(to: CChar.self) }
                    values.initializeElement(at: index, to: length == Self.null ? nil : address ?? empty)
                    offset += Int(max(length, 0))
                }
                return withUnsafeTemporaryAllocation(of: Int32.self, capacity: types.count) { formats in
                    for index in types.indices {
                        formats.initializeElement(at: index, to: types[index] == 0 ? Self.text : Self.binary)
                    }
                    return body(UnsafePointer(values.baseAddress), lengths, UnsafePointer(formats.baseAddress))
                }
            }
        }
    }

    private static let null: Int32 = -1
    private static let text: Int32 = 0
    private static let binary: Int32 = 1
}
