import RawStructuredFieldValues

/// The client's identifier of one logical operation, as the `Idempotency-Key` header field carries it.
///
/// A key is 1 to 255 characters of visible ASCII (0x21 to 0x7E). A space is *not* visible: `"a b"` is refused although
/// RFC 9651 allows spaces inside a string, because a bare key could never spell it.
///
/// The field has two spellings, and both mean the same key:
///
/// | field value | lenient (default) | strict |
/// |---|---|---|
/// | `"abc"`, `"abc";p=1` | the key `abc`; parameters are ignored | the same |
/// | `abc` | the key `abc` | refused |
/// | `abc;p=1`, `a,b`, `42`, `1.5`, `?1`, `@123`, `:YWJj:` | taken literally, as a whole | refused |
/// | `"abc`, `"a" "b"`, `"a", "b"` | refused: what starts with `"` must be one string | the same |
///
/// A field value of more than 1024 bytes is refused unread.
///
/// Taking a bare value literally keeps the rule to one sentence: no client's key changes its meaning because it happens
/// to look like a number or a date of RFC 9651.
///
/// A key is as secret as the client made it: ``description`` and ``debugDescription`` never show it, nor does `dump`.
///
/// Sources: draft-ietf-httpapi-idempotency-key-header-07 section 2.1; RFC 9651 sections 3.3.3 and 4.2.5.
public struct IdempotencyKey: Sendable, Hashable {
    /// The longest key accepted, in characters (each is one byte).
    ///
    /// 255 holds every identifier scheme in use; a limit is needed because the key is attacker-controlled input.
    public static let maximumLength = 255

    /// The longest field value that is read, in bytes, white space and parameters included.
    ///
    /// A string of 255 characters, each of them escaped, has 512. What is twice as long is no key, and parsing it would be work for nobody.
    public static let maximumFieldLength = 1024

    /// How the header field may spell a key.
    public enum Syntax: Sendable, Hashable {
        /// An RFC 9651 string, or the bare characters of the key as most clients send them today.
        case lenient
        /// Only an RFC 9651 string, as the draft demands.
        case strict
    }

    /// The key itself: 1 to 255 characters of visible ASCII, unquoted. Do not log it.
    public let rawValue: String

    /// Makes a key from a value that no header syntax applies to, for example the identifier of a message.
    ///
    /// - Throws: ``KeyError`` with `.empty`, `.tooLong` or `.notVisibleASCII`.
    public init(_ rawValue: String) throws(KeyError) {
        let bytes = rawValue.utf8
        guard !bytes.isEmpty else { throw KeyError(.empty) }
        guard bytes.allSatisfy({ 0x21...0x7E ~= $0 }) else { throw KeyError(.notVisibleASCII) }
        guard bytes.count <= Self.maximumLength else { throw KeyError(.tooLong) }
        self.rawValue = rawValue
    }

    /// Parses all values of the `Idempotency-Key` field of one request.
    ///
    /// - Parameters:
    ///   - fieldValues: one element for each field line, as `headers[values:]` returns them. There must be exactly one.
    ///     Joining several with a comma first would turn two keys into a third.
    ///   - syntax: which spellings are accepted.
    /// - Throws: ``KeyError``: `.missing` without a value, `.severalFields` with more than one, else as for one value.
    public init(parsing fieldValues: [String], syntax: Syntax = .lenient) throws(KeyError) {
        guard let value = fieldValues.first else { throw KeyError(.missing) }
        guard fieldValues.count == 1 else { throw KeyError(.severalFields) }
        try self.init(parsing: value, syntax: syntax)
    }

    /// Parses one value of the `Idempotency-Key` field. Spaces and tabs around it are ignored (RFC 9110 section 5.5).
    ///
    /// - Throws: ``KeyError``: `.fieldTooLong`, `.empty`, `.tooLong`, `.notVisibleASCII`, `.malformedString`, or `.bareKey` in
    ///   strict syntax.
    public init(parsing fieldValue: String, syntax: Syntax = .lenient) throws(KeyError) {
        guard fieldValue.utf8.count <= Self.maximumFieldLength else { throw KeyError(.fieldTooLong) }
        let value = fieldValue.utf8.trimmingOptionalWhitespace()
        if value.first == UInt8(ascii: "\"") {
            try self.init(Self.string(in: value))
            return
        }
        switch syntax {
        case .lenient:
            try self.init(String(Substring(value)))
        case .strict:
            throw KeyError(value.isEmpty ? .empty : .bareKey)
        }
    }

    /// The string of an RFC 9651 item. Only called with a value that starts with a quotation mark.
    private static func string(in value: Substring.UTF8View) throws(KeyError) -> String {
        // Outside a string's quotes RFC 9651 knows only ASCII, and inside only 0x20 to 0x7E: say what is wrong with the
        // value rather than that it does not parse.
        guard value.allSatisfy({ 0x20...0x7E ~= $0 }) else { throw KeyError(.notVisibleASCII) }
        var parser = StructuredFieldValueParser(Array(value))
        // `rfc9651BareItem`, never `bareItem`: the latter traps on types that RFC 8941 did not know.
        guard case .string(let string)? = try? parser.parseItemFieldValue().rfc9651BareItem else {
            throw KeyError(.malformedString)
        }
        return string
    }
}

extension IdempotencyKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Says that this is a key, and never which.
    public var description: String { "IdempotencyKey(redacted)" }

    /// The same as ``description``: a key identifies a caller's operation and has no place in a log, not even while
    /// debugging.
    public var debugDescription: String { description }

    /// Shows nothing to `dump`.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension String.UTF8View {
    /// The view without the optional whitespace (space, tab) that may surround a field value.
    fileprivate func trimmingOptionalWhitespace() -> Substring.UTF8View {
        func isWhitespace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
        guard let first = firstIndex(where: { !isWhitespace($0) }),
            let last = lastIndex(where: { !isWhitespace($0) })
        else { return self[endIndex...] }
        return self[first...last]
    }
}
