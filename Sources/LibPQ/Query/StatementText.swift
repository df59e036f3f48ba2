/// The text of a statement as the key of a table.
///
/// Hashes the length and a sample of the text, which tells a service's statements apart: the whole text would be hashed anew each
/// time that a statement is run. Texts that differ elsewhere only are told apart by comparing them.
struct StatementText: Hashable {
    let sql: String

    init(_ sql: String) { self.sql = sql }

    func hash(into hasher: inout Hasher) {
        let isHashed = sql.utf8.withContiguousStorageIfAvailable { text in
            let text = UnsafeRawBufferPointer(text)
            let last = text.count - MemoryLayout<UInt64>.size
            if last < 0 { return false }
            hasher.combine(text.count)
            for sample in 0...Self.steps {
                let offset = last * sample / Self.steps
                hasher.combine(text.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            }
            return true
        }
        if isHashed != true { hasher.combine(sql) }
    }

    /// From the first word of eight bytes to the last.
    private static let steps = 4
}
