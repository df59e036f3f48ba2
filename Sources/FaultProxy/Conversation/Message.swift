/// One message of PostgreSQL's protocol after the start-up: a type, a length, a body.
///
/// Source: PostgreSQL, "Message Formats".
struct Message {
    /// All of it, as it goes over the wire.
    let bytes: ArraySlice<UInt8>

    /// The type: a letter.
    var type: UInt8 { bytes[bytes.startIndex] }

    /// The first NUL-terminated texts of the body; as many as asked for, empty ones where there are fewer.
    func texts(_ count: Int) -> [String] {
        let parts = bytes.dropFirst(5).split(separator: 0, maxSplits: count, omittingEmptySubsequences: false)
        return (0..<count).map { $0 < parts.count ? String(decoding: parts[$0], as: UTF8.self) : "" }
    }

    /// The number in the first four bytes.
    static func length(_ bytes: some Collection<UInt8>) -> Int {
        bytes.prefix(4).reduce(0) { $0 << 8 | Int($1) }
    }
}
