/// A header field that each request carries. Its value is never shown.
package struct HeaderLine: Sendable, Equatable, CustomStringConvertible {
    package let name: String
    package let value: String

    /// - Parameter text: `Name: value`.
    /// - Throws: ``ConformanceError`` with `.settings`, without the value.
    package init(_ text: String, option: String) throws(ConformanceError) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let name = parts[0]
        guard parts.count == 2, !name.isEmpty, name.utf8.allSatisfy(Self.isTokenByte),
            parts[1].utf8.allSatisfy({ $0 == 0x09 || 0x20...0x7E ~= $0 || $0 > 0x7F })
        else {
            throw ConformanceError(.settings, "\(option) is no header field: write 'Name: value', without line breaks")
        }
        guard name.lowercased() != "idempotency-key" else {
            throw ConformanceError(.settings, "\(option) must not be Idempotency-Key: the checks send their own")
        }
        self.name = String(name)
        value = String(parts[1].drop { $0 == " " || $0 == "\t" })
    }

    package var description: String { "\(name): (not shown)" }

    /// RFC 9110 section 5.6.2.
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
