/// One value that is not NULL, in PostgreSQL's binary format, with what an error about it must name.
///
/// Decoders read it through the methods here; all of them check bounds, so that bytes from the network cannot make a
/// decoder read past the value.
public struct PostgresCell: Sendable {
    /// Keeps the bytes alive.
    private let owner: CellOwner
    /// Lies inside `owner`'s memory, which nobody changes; hence sound to send along with `owner`.
    private nonisolated(unsafe) let bytesInOwner: UnsafeRawBufferPointer

    /// The SQL type of the column (for an array element: of the element).
    public let type: PostgresType
    private let name: Name

    /// Where the column's name is. Errors alone need it, so that it is not made into a string before.
    private enum Name {
        case given(String)
        case inResult(ResultHandle, Int)
    }

    private init(owner: CellOwner, bytes: UnsafeRawBufferPointer, type: PostgresType, name: Name) {
        self.owner = owner
        self.bytesInOwner = bytes
        self.type = type
        self.name = name
    }

    /// A value in a column of a result.
    init(result: ResultHandle, bytes: UnsafeRawBufferPointer, type: PostgresType, column: Int) {
        self.init(owner: result, bytes: bytes, type: type, name: .inResult(result, column))
    }

    /// A value that comes from no result.
    init(bytes: [UInt8], type: PostgresType, column: String) {
        let owner = CellBytes(bytes)
        self.init(owner: owner, bytes: owner.bytes, type: type, name: .given(column))
    }

    /// The column's name, as the statement gave it.
    public var column: String {
        switch name {
        case .given(let name): name
        case .inResult(let result, let column): result.columnName(column)
        }
    }

    /// The length in bytes.
    public var count: Int { bytesInOwner.count }

    /// A copy of all bytes.
    public var bytes: [UInt8] { [UInt8](bytesInOwner) }

    /// A big-endian integer at an offset.
    ///
    /// - Throws: `decodingFailed` when the value is too short.
    public func integer<T: FixedWidthInteger>(at offset: Int = 0, as _: T.Type = T.self) throws(PostgresError) -> T {
        guard offset >= 0, offset + MemoryLayout<T>.size <= count else {
            throw failure("the value is \(count) bytes long, too short for \(T.self) at offset \(offset)")
        }
        return T(bigEndian: bytesInOwner.loadUnaligned(fromByteOffset: offset, as: T.self))
    }

    /// The bytes from an offset to the end, as UTF-8.
    ///
    /// - Throws: `decodingFailed` when they are not UTF-8.
    public func string(from offset: Int = 0) throws(PostgresError) -> String {
        let tail = UnsafeRawBufferPointer(rebasing: bytesInOwner.dropFirst(offset))
        guard let string = String(validating: tail, as: UTF8.self) else { throw failure("the bytes are not UTF-8") }
        return string
    }

    /// Whether some byte is zero, which no text holds.
    var containsNUL: Bool { bytesInOwner.contains(0) }

    /// A part of the value as a value of its own; how arrays hand out their elements.
    ///
    /// - Throws: `decodingFailed` when the range leaves the value.
    public func slice(at offset: Int, count: Int, type: PostgresType) throws(PostgresError) -> PostgresCell {
        guard offset >= 0, count >= 0, offset + count <= self.count else {
            throw failure("an element at offset \(offset) leaves the value of \(self.count) bytes")
        }
        let part = UnsafeRawBufferPointer(rebasing: bytesInOwner[offset..<offset + count])
        return PostgresCell(owner: owner, bytes: part, type: type, name: name)
    }

    /// The same value under another name.
    func named(_ column: String) -> PostgresCell {
        PostgresCell(owner: owner, bytes: bytesInOwner, type: type, name: .given(column))
    }

    /// An error that names the column and its SQL type. The Swift type is added by the row.
    public func failure(_ reason: String, file: String = #fileID, line: Int = #line) -> PostgresError {
        PostgresError(.decodingFailed, "column \"\(column)\" (\(type)): \(reason)", file: file, line: line)
    }
}
