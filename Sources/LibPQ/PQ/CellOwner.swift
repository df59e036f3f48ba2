/// Keeps the memory that cells point into: a result, or bytes of our own.
///
/// `@unchecked Sendable`: it has no state, and a subclass whose memory changes must not be one.
class CellOwner: @unchecked Sendable {}

/// A copy of bytes for cells that come from no result.
///
/// `@unchecked Sendable`: the memory is written in `init` only.
final class CellBytes: CellOwner, @unchecked Sendable {
    let bytes: UnsafeRawBufferPointer

    init(_ copied: [UInt8]) {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: copied.count, alignment: 1)
        memory.copyBytes(from: copied)
        bytes = UnsafeRawBufferPointer(memory)
    }

    deinit { bytes.deallocate() }
}
