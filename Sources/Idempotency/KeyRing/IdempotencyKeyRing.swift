public import Crypto

/// The keys under which stored header fields and bodies are encrypted: one that new outcomes are sealed with, and older ones that
/// are still needed to open what they have sealed.
///
/// The cipher is AES-256-GCM. A ciphertext can be opened in its own row and column only; SECURITY.md says what is encrypted, what is
/// not, and how keys are rotated. Outcomes that were stored before there was a key ring are replayed as they are.
///
/// Nonces are random, so that one key may seal at most 2^32 values (NIST SP 800-38D section 8.3), that is 2^31 outcomes of two values
/// each: at 100 stored outcomes a second a key has to be replaced after eight months.
public struct IdempotencyKeyRing: Sendable {
    /// The key that seals from now on.
    public let current: Key

    private let keys: [String: Key]

    /// Makes a key ring.
    ///
    /// - Parameters:
    ///   - current: the key that seals from now on.
    ///   - older: keys that only open.
    /// - Throws: ``IdempotencyError`` with the code `.invalidConfiguration` when two keys have one name.
    public init(current: Key, older: [Key] = []) throws(IdempotencyError) {
        var keys = [current.name: current]
        for key in older where keys.updateValue(key, forKey: key.name) != nil {
            throw .invalidConfiguration("the key ring has two keys with the name \(key.name)")
        }
        self.current = current
        self.keys = keys
    }

    /// A key of the ring.
    public struct Key: Sendable {
        /// The longest name. Shorter than a key in Base64, so that one that stands in the wrong place is not taken for a name.
        static let maximumNameLength = 32

        /// What it is called in the column `sealed_with`. Never give a name to another key while rows have it.
        public let name: String

        let secret: SymmetricKey

        /// Makes a key.
        ///
        /// - Parameters:
        ///   - name: 1 to 32 ASCII letters, digits, `.`, `_` and `-`, for example the month of its making. It is no secret.
        ///   - secret: 256 bits from a random number generator.
        /// - Throws: ``IdempotencyError`` with the code `.invalidConfiguration`.
        public init(name: String, secret: SymmetricKey) throws(IdempotencyError) {
            guard 1...Self.maximumNameLength ~= name.utf8.count, name.utf8.allSatisfy(Self.isOfName) else {
                // The name itself is not shown: it may be the key.
                throw .invalidConfiguration("the name of a key must be 1 to 32 letters, digits, '.', '_' and '-'")
            }
            guard secret.bitCount == 256 else {
                throw .invalidConfiguration("the key \(name) must have 256 bits, but has \(secret.bitCount)")
            }
            self.name = name
            self.secret = secret
        }

        private static func isOfName(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
    }

    subscript(name: String) -> Key? { keys[name] }
}

extension IdempotencyKeyRing: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The names of the keys.
    public var description: String {
        let older = keys.keys.filter { $0 != current.name }.sorted()
        return "IdempotencyKeyRing(current: \(current.name), older: \(older))"
    }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// Shows to `dump` the name of the current key and nothing else.
    public var customMirror: Mirror { Mirror(self, children: ["current": current]) }
}

extension IdempotencyKeyRing.Key: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The name.
    public var description: String { name }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// Shows to `dump` the name and nothing else.
    public var customMirror: Mirror { Mirror(self, children: ["name": name]) }
}
