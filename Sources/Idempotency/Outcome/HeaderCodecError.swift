/// Why stored header fields cannot be decoded: the row was damaged, or written by a later version of this package.
public struct HeaderCodecError: Error, Sendable, Hashable {
    /// What is wrong. More codes may be added; switch with a default.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The code's name.
        public let description: String

        /// The first byte names a version that this package does not know.
        public static let unknownVersion = Code(description: "unknownVersion")
        /// The bytes end in the middle.
        public static let truncated = Code(description: "truncated")
        /// Bytes follow the last field.
        public static let trailingBytes = Code(description: "trailingBytes")
        /// A length has more than 35 bits.
        public static let invalidLength = Code(description: "invalidLength")
        /// There are more fields than `HTTPFields` holds.
        public static let tooManyFields = Code(description: "tooManyFields")
        /// A name is not a token (RFC 9110 section 5.1).
        public static let invalidName = Code(description: "invalidName")
        /// A value contains NUL or a line break (RFC 9110 section 5.5).
        public static let invalidValue = Code(description: "invalidValue")
    }

    /// What is wrong.
    public let code: Code

    init(_ code: Code) {
        self.code = code
    }
}

extension HeaderCodecError: CustomStringConvertible {
    /// The code; never the bytes.
    public var description: String { "HeaderCodecError(\(code)): the stored header fields cannot be decoded." }
}
