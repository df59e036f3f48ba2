#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// The text of a statement as the key of a table: equal byte by byte.
///
/// Not as a `String`, to which an é of one scalar and one of two are the same: PostgreSQL would get the other statement. And hashed in
/// a fraction of the time, which counts because that happens each time that a statement is run: the standard library's hash resists
/// strangers who choose the keys, which texts of statements need not.
///
/// Source: Fowler, Noll, Vo, "The FNV Non-Cryptographic Hash Algorithm", here over words, with the upper half mixed back into the lower.
struct StatementText: Hashable {
    let sql: String

    init(_ sql: String) { self.sql = sql }

    static func == (first: Self, second: Self) -> Bool {
        first.withBytes { first in
            second.withBytes { second in
                guard first.count == second.count, let start = first.baseAddress, let other = second.baseAddress
                else { return first.isEmpty && second.isEmpty }
                return memcmp(start, other, first.count) == 0
            }
        }
    }

    func hash(into hasher: inout Hasher) { hasher.combine(withBytes(Self.fold)) }

    private static func fold(_ text: UnsafeRawBufferPointer) -> UInt64 {
        var folded = UInt64(text.count)
        func add(_ word: UInt64) {
            folded = (folded ^ word) &* prime
            folded ^= folded >> 32
        }
        let whole = text.count & ~7
        for offset in stride(from: 0, to: whole, by: 8) {
            add(text.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        }
        for byte in text[whole...] { add(UInt64(byte)) }
        return folded
    }

    private static let prime: UInt64 = 0x0000_0100_0000_01B3

    private func withBytes<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
        // Only strings of Foundation's may have to be copied for it.
        sql.utf8.withContiguousStorageIfAvailable { body(UnsafeRawBufferPointer($0)) }
            ?? Array(sql.utf8).withUnsafeBytes(body)
    }
}
