public import HTTPTypes

/// Header fields as bytes for the ledger: encoded once when the outcome is stored, decoded for each replay.
///
///     version   1 byte, 1
///     count     varint
///     count times:
///         name      varint (length * 4 + indexing strategy), then the name as the handler spelled it
///         value     varint (length), then the value's bytes
///
/// A varint has seven bits a byte, least significant first, and the top bit set on all but the last byte. Order,
/// duplicates, the spelling of names, HPACK's indexing strategy and values that are not UTF-8 all survive exactly.
///
/// Some fields are never stored, because in a replay they would be wrong:
/// - `Date`: it says when *this* answer was made; the server writes it.
/// - `Set-Cookie`: a replay must not set a session again, and a cookie is a credential that has no place in a table.
/// - hop-by-hop fields (RFC 9110 section 7.6.1): `Connection` and whatever it names, `Keep-Alive`, `Proxy-Connection`,
///   `Proxy-Authenticate`, `Proxy-Authentication-Info`, `Proxy-Authorization`, `TE`, `Trailer`, `Transfer-Encoding`,
///   `Upgrade`.
/// - `Content-Length`: it is framing, and a door computes it from the stored body. The body is stored whole, so the
///   number is the same in each replay; a stored one that disagreed with the body would make two answers out of one
///   (request smuggling's twin).
public enum HeaderCodec {
    private static let version: UInt8 = 1

    /// `HTTPFields` ends the process beyond this many fields; a damaged row must not.
    private static let maximumCount = Int(UInt16.max) - 1

    private static let neverStored: Set<String> = [
        "connection", "content-length", "date", "keep-alive", "proxy-authenticate", "proxy-authentication-info",
        "proxy-authorization", "proxy-connection", "set-cookie", "te", "trailer", "transfer-encoding", "upgrade",
    ]

    /// The fields that a replay repeats.
    ///
    /// - Parameter fields: the fields of the first answer.
    /// - Returns: the same in the same order, without those that are never stored.
    public static func storedFields(of fields: HTTPFields) -> HTTPFields {
        var dropped = neverStored
        for value in fields[values: .connection] {
            for name in value.split(separator: ",") {
                dropped.insert(name.lowercased().filter { $0 != " " && $0 != "\t" })
            }
        }
        var stored = HTTPFields()
        stored.reserveCapacity(fields.count)
        for field in fields where !dropped.contains(field.name.canonicalName) {
            stored.append(field)
        }
        return stored
    }

    /// Encodes fields, all of them: apply ``storedFields(of:)`` first.
    public static func encode(_ fields: HTTPFields) -> [UInt8] {
        var bytes: [UInt8] = [version]
        bytes.reserveCapacity(fields.reduce(4) { $0 + $1.name.rawName.utf8.count + 48 })
        bytes.append(varint: fields.count)
        for field in fields {
            let name = field.name.rawName.utf8
            bytes.append(varint: name.count << 2 | Strategy(field.indexingStrategy).rawValue)
            bytes.append(contentsOf: name)
            field.withUnsafeBytesOfValue { value in
                bytes.append(varint: value.count)
                bytes.append(contentsOf: value)
            }
        }
        return bytes
    }

    /// Decodes what ``encode(_:)`` made.
    ///
    /// Safe on any bytes: it neither traps nor reserves memory that the input has not paid for.
    ///
    /// - Throws: ``HeaderCodecError`` on a version of the future, on bytes that end early or go on, and on names or
    ///   values that must not reach a socket (a line break in a value would forge a field).
    public static func decode(_ bytes: some Collection<UInt8>) throws(HeaderCodecError) -> HTTPFields {
        var reader = Reader(bytes: Array(bytes))
        guard try reader.byte() == version else { throw HeaderCodecError(.unknownVersion) }
        let count = try reader.varint()
        guard count <= maximumCount else { throw HeaderCodecError(.tooManyFields) }
        var fields = HTTPFields()
        // A field takes two bytes at least, so a count beyond the rest is caught by the reader, not by the allocator.
        fields.reserveCapacity(min(count, reader.remaining / 2))
        for _ in 0..<count {
            let prefix = try reader.varint()
            let rawName = try reader.bytes(prefix >> 2)
            let value = try reader.bytes(reader.varint())
            guard let name = HTTPField.Name(String(decoding: rawName, as: UTF8.self)) else {
                throw HeaderCodecError(.invalidName)
            }
            guard value.allSatisfy({ $0 != 0x00 && $0 != 0x0A && $0 != 0x0D }) else {
                throw HeaderCodecError(.invalidValue)
            }
            // Lenient, because the strict initializer would turn bytes that HTTPTypes did accept once into spaces.
            var field = HTTPField(name: name, lenientValue: value)
            field.indexingStrategy = Strategy(rawValue: prefix & 3)?.httpStrategy ?? .automatic
            fields.append(field)
        }
        guard reader.remaining == 0 else { throw HeaderCodecError(.trailingBytes) }
        return fields
    }
}

extension HeaderCodec {
    /// `HTTPField.DynamicTableIndexingStrategy`, whose own raw value is not public. The numbers are stored.
    private enum Strategy: Int {
        case automatic = 0
        case prefer = 1
        case avoid = 2
        case disallow = 3

        init(_ strategy: HTTPField.DynamicTableIndexingStrategy) {
            self =
                switch strategy {
                case .prefer: .prefer
                case .avoid: .avoid
                case .disallow: .disallow
                default: .automatic
                }
        }

        var httpStrategy: HTTPField.DynamicTableIndexingStrategy {
            switch self {
            case .automatic: .automatic
            case .prefer: .prefer
            case .avoid: .avoid
            case .disallow: .disallow
            }
        }
    }

    /// Takes bytes off the front and checks every length against what is left.
    private struct Reader {
        private let content: [UInt8]
        private var position = 0

        init(bytes: [UInt8]) {
            self.content = bytes
        }

        var remaining: Int { content.count - position }

        mutating func byte() throws(HeaderCodecError) -> UInt8 {
            guard remaining > 0 else { throw HeaderCodecError(.truncated) }
            defer { position += 1 }
            return content[position]
        }

        mutating func bytes(_ count: Int) throws(HeaderCodecError) -> ArraySlice<UInt8> {
            guard count <= remaining else { throw HeaderCodecError(.truncated) }
            defer { position += count }
            return content[position..<position + count]
        }

        /// At most five bytes, 35 bits: more than any length here, and nothing that could overflow.
        mutating func varint() throws(HeaderCodecError) -> Int {
            var value = 0
            for shift in stride(from: 0, to: 35, by: 7) {
                let byte = try byte()
                value |= Int(byte & 0x7F) << shift
                if byte & 0x80 == 0 { return value }
            }
            throw HeaderCodecError(.invalidLength)
        }
    }
}

extension [UInt8] {
    fileprivate mutating func append(varint value: Int) {
        var rest = value
        while rest > 0x7F {
            append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        append(UInt8(rest))
    }
}
