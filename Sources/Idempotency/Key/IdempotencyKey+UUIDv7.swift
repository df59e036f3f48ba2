internal import LibPQ

extension IdempotencyKey {
    /// When the client made the key, if it is a UUIDv7; nil for any other key. By the client's clock, to the millisecond, cut off.
    ///
    /// Only the usual spelling counts, in hexadecimal of either case: `0190163d-8694-739b-aea5-966c26f8ad90`.
    ///
    /// Source: RFC 9562 sections 4 and 5.7: 48 bits of milliseconds since 1970, the version 7, 12 bits, the variant `10`.
    var uuidv7Time: PostgresTimestampTZ? {
        let text = Array(rawValue.utf8)
        guard text.count == 36, text[14] == UInt8(ascii: "7"), "89abAB".utf8.contains(text[19]) else { return nil }
        var milliseconds: Int64 = 0
        for (position, character) in text.enumerated() {
            if [8, 13, 18, 23].contains(position) {
                guard character == UInt8(ascii: "-") else { return nil }
            } else {
                guard let digit = Character(Unicode.Scalar(character)).hexDigitValue else { return nil }
                if position < 13 { milliseconds = milliseconds << 4 | Int64(digit) }
            }
        }
        return PostgresTimestampTZ(microsecondsSince2000: (milliseconds - Self.millisecondsTo2000) * 1000)
    }

    /// From 1970-01-01 to 2000-01-01, PostgreSQL's epoch.
    private static let millisecondsTo2000: Int64 = 946_684_800_000
}
