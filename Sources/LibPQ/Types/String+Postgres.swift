#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

extension String: PostgresCodable {
    /// `text`. For another type write a cast: `\(label)::mood`.
    public static var postgresType: PostgresType { .text }

    /// Reads every type whose binary format is its text: text, varchar, char, name, json, xml, refcursor, enums and domains over
    /// them; and jsonb and jsonpath.
    public init(from cell: PostgresCell) throws(PostgresError) {
        switch cell.type {
        case .text, .varchar, .bpchar, .name, .unknown, .json, .xml, .refcursor:
            self = try cell.string()
        case .char:
            self = cell.containsNUL ? "" : try cell.string()  // a zero byte is empty in the server's text form, too
        case .jsonb, .jsonpath:
            self = try cell.string(from: 1)  // after the version byte
        case _ where cell.type.rawValue >= PostgresType.firstUserDefined:
            // An enum's label has no NUL; the binary form of a composite, a range or an array of enums has.
            if cell.containsNUL { throw cell.failure("not a text type") }
            self = try cell.string()
        default:
            throw cell.failure("not a text type")
        }
    }

    /// Writes UTF-8.
    ///
    /// - Throws: `encodingFailed` for a string with a NUL character, which PostgreSQL's text types cannot hold.
    public func encode(into buffer: inout PostgresBuffer) throws(PostgresError) {
        if containsNUL {
            throw PostgresError(
                .encodingFailed, "a text parameter contains a NUL character, which PostgreSQL cannot store")
        }
        buffer.write(self)
    }
}

extension String {
    /// Whether it holds a NUL character, which neither PostgreSQL's text types nor C strings can.
    var containsNUL: Bool {
        utf8.withContiguousStorageIfAvailable { text in
            text.baseAddress.map { memchr($0, 0, text.count) != nil } ?? false
        } ?? utf8.contains(0)
    }
}
