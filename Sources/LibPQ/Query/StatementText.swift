/// The text of a statement as the key of a table.
///
/// Folds the text into one word, eight bytes at a time, before it is hashed: the standard library's hash resists strangers who choose
/// the keys, and takes several times as long, each time that a statement is run.
///
/// Source: Fowler, Noll, Vo, "The FNV Non-Cryptographic Hash Algorithm", here over words, with the upper half mixed back into the lower.
struct StatementText: Hashable {
    let sql: String

    init(_ sql: String) {
        var sql = sql
        sql.makeContiguousUTF8()  // as it is, unless Foundation made it
        self.sql = sql
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(sql.utf8.withContiguousStorageIfAvailable { Self.fold(UnsafeRawBufferPointer($0)) })
    }

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
}
