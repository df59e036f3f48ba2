/// Why the `Idempotency-Key` of a request cannot be used. Every code means status 400.
///
/// The message is a sentence for the caller and never contains any part of what was sent.
public struct KeyError: Error, Sendable, Hashable {
    /// What is wrong. More codes may be added; switch with a default.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String {
            case missing
            case severalFields
            case fieldTooLong
            case empty
            case tooLong
            case notVisibleASCII
            case malformedString
            case bareKey
        }

        private let kind: Kind

        /// There is no `Idempotency-Key` field.
        public static let missing = Code(kind: .missing)
        /// There are several `Idempotency-Key` fields.
        public static let severalFields = Code(kind: .severalFields)
        /// The field's value has more than ``IdempotencyKey/maximumFieldLength`` bytes; it was not read.
        public static let fieldTooLong = Code(kind: .fieldTooLong)
        /// The field, or the string in it, is empty.
        public static let empty = Code(kind: .empty)
        /// The key has more than ``IdempotencyKey/maximumLength`` characters.
        public static let tooLong = Code(kind: .tooLong)
        /// The key contains something other than visible ASCII: a space, a control character, or beyond ASCII.
        public static let notVisibleASCII = Code(kind: .notVisibleASCII)
        /// The value starts with a quotation mark and is not one RFC 9651 string with parameters.
        public static let malformedString = Code(kind: .malformedString)
        /// The value is not quoted, and the syntax is strict.
        public static let bareKey = Code(kind: .bareKey)

        /// The code's name.
        public var description: String { kind.rawValue }

        fileprivate var message: String {
            switch kind {
            case .missing: "The request has no Idempotency-Key field."
            case .severalFields: "The request has several Idempotency-Key fields; send exactly one."
            case .fieldTooLong:
                "The Idempotency-Key field has more than \(IdempotencyKey.maximumFieldLength) bytes."
            case .empty: "The idempotency key is empty."
            case .tooLong: "The idempotency key has more than \(IdempotencyKey.maximumLength) characters."
            case .notVisibleASCII:
                "The idempotency key contains a character that is not visible ASCII (0x21 to 0x7E, no spaces)."
            case .malformedString:
                "The Idempotency-Key field starts with a quotation mark but is not one string in the syntax of RFC 9651."
            case .bareKey: "The idempotency key must be in quotation marks, as a string in the syntax of RFC 9651."
            }
        }
    }

    /// What is wrong.
    public let code: Code

    /// A sentence for the caller.
    public var message: String { code.message }

    init(_ code: Code) {
        self.code = code
    }
}

extension KeyError: CustomStringConvertible {
    /// The code and the message.
    public var description: String { "KeyError(\(code)): \(message)" }
}
