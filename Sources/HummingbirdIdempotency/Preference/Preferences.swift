/// The preferences of a request: what its `Prefer` fields say (RFC 7240 section 2).
///
/// Names in lower case; a preference without value has an empty one. Of a name that comes several times the first counts. Parameters
/// are read over, and what the grammar does not know is skipped up to the next comma: a preference is never a reason to refuse.
struct Preferences: Sendable, Hashable {
    private var values: [String: String] = [:]

    /// - Parameter fields: the values of the fields, in order.
    init(parsing fields: [String]) {
        for field in fields {
            var scanner = Scanner(rest: field.utf8[...])
            while scanner.findMember() {
                if let (name, value) = scanner.preference(), values[name] == nil { values[name] = value }
                scanner.skipMember()
            }
        }
    }

    /// The value of a preference; nil: it was not sent.
    /// - Parameter name: in lower case.
    subscript(name: String) -> String? { values[name] }

    /// Reads one field from its beginning to its end.
    private struct Scanner {
        var rest: Substring.UTF8View

        /// Moves to the next member of the list.
        /// - Returns: false at the end.
        mutating func findMember() -> Bool {
            skip { $0.isBlank || $0 == UInt8(ascii: ",") }
            return !rest.isEmpty
        }

        /// `token [ BWS "=" BWS word ] *( OWS ";" [ OWS parameter ] )`, and nothing behind it.
        mutating func preference() -> (name: String, value: String)? {
            guard let preference = pair() else { return nil }
            while take(";") {
                skip(\.isBlank)
                _ = pair()
            }
            return rest.isEmpty || rest.first == UInt8(ascii: ",") ? preference : nil
        }

        /// `token [ BWS "=" BWS word ]` and the blanks behind it.
        private mutating func pair() -> (name: String, value: String)? {
            guard let name = token() else { return nil }
            var value = ""
            skip(\.isBlank)
            if take("=") {
                skip(\.isBlank)
                guard let word = token() ?? quotedString() else { return nil }
                value = word
                skip(\.isBlank)
            }
            return (name.lowercased(), value)
        }

        private mutating func token() -> String? {
            let token = rest.prefix(while: \.isTokenCharacter)
            rest = rest[token.endIndex...]
            return token.isEmpty ? nil : String(Substring(token))
        }

        /// - Returns: nil where there is none, or it does not end.
        private mutating func quotedString() -> String? {
            guard take("\"") else { return nil }
            var bytes: [UInt8] = []
            while let byte = rest.popFirst() {
                switch byte {
                case UInt8(ascii: "\""): return String(decoding: bytes, as: UTF8.self)
                case UInt8(ascii: "\\"): if let escaped = rest.popFirst() { bytes.append(escaped) }
                default: bytes.append(byte)
                }
            }
            return nil
        }

        /// Reads over the rest of a member and the comma behind it; a comma in a quoted string is part of the member.
        mutating func skipMember() {
            while let byte = rest.first, byte != UInt8(ascii: ",") {
                if byte == UInt8(ascii: "\"") { _ = quotedString() } else { rest.removeFirst() }
            }
            _ = rest.popFirst()
        }

        private mutating func take(_ character: Unicode.Scalar) -> Bool {
            guard rest.first == UInt8(ascii: character) else { return false }
            rest.removeFirst()
            return true
        }

        private mutating func skip(_ isSkipped: (UInt8) -> Bool) {
            rest = rest.drop(while: isSkipped)
        }
    }
}

extension UInt8 {
    fileprivate var isBlank: Bool { self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") }

    /// `tchar` of RFC 9110 section 5.6.2.
    fileprivate var isTokenCharacter: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(self)
        }
    }
}
