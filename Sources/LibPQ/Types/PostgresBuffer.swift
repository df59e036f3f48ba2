/// Where parameters are written, in network byte order.
public struct PostgresBuffer: Sendable, Hashable {
    private(set) var bytes: [UInt8] = []

    mutating func reserveCapacity(_ count: Int) { bytes.reserveCapacity(count) }

    /// Starts empty.
    public init() {}

    /// Appends an integer, big-endian.
    public mutating func write<T: FixedWidthInteger>(_ integer: T) {
        withUnsafeBytes(of: integer.bigEndian) { bytes.append(contentsOf: $0) }
    }

    /// Appends bytes as they are.
    public mutating func write(_ sequence: some Sequence<UInt8>) { bytes.append(contentsOf: sequence) }

    /// Appends the UTF-8 form of a string, without a terminator.
    public mutating func write(_ string: String) { bytes.append(contentsOf: string.utf8) }

    /// Takes back what was written after the first `count` bytes.
    mutating func truncate(to count: Int) { bytes.removeSubrange(count...) }

    /// Appends what `body` writes, preceded by its length in bytes as an Int32; how elements of arrays are framed.
    mutating func writeWithLength(_ body: (inout PostgresBuffer) throws(PostgresError) -> Void) throws(PostgresError) {
        let lengthOffset = bytes.count
        write(Int32(0))
        try body(&self)
        guard let length = Int32(exactly: bytes.count - lengthOffset - MemoryLayout<Int32>.size) else {
            throw PostgresError(.encodingFailed, "a value is larger than 2 GiB")
        }
        overwrite(at: lengthOffset, with: length)
    }

    /// Replaces an integer that was written before.
    mutating func overwrite(at offset: Int, with integer: Int32) {
        withUnsafeBytes(of: integer.bigEndian) { bytes.replaceSubrange(offset..<offset + $0.count, with: $0) }
    }
}
