internal import Crypto

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

extension IdempotencyKeyRing {
    /// Reads a key ring from configuration: `name:key,name:key...`, each key 32 bytes in Base64 (RFC 4648 section 4). The first one is
    /// the current key. White space around an entry is ignored.
    ///
    ///     2026-11:1pA…=,2026-05:9Qk…=
    ///
    /// `openssl rand -base64 32` makes a key.
    ///
    /// - Throws: ``IdempotencyError`` with the code `.invalidConfiguration`. It says which entry is wrong and how, and never quotes it.
    public init(parsing text: String) throws(IdempotencyError) {
        var keys: [Key] = []
        for (index, entry) in text.split(separator: ",", omittingEmptySubsequences: false).enumerated() {
            let parts = entry.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else {
                throw .invalidConfiguration("entry \(index + 1) of the key ring is not of the form name:key")
            }
            guard let secret = Data(base64Encoded: Self.trimmed(parts[1])), secret.count == 32 else {
                throw .invalidConfiguration("the key in entry \(index + 1) of the key ring is not Base64 of 32 bytes")
            }
            do {
                keys.append(try Key(name: Self.trimmed(parts[0]), secret: SymmetricKey(data: secret)))
            } catch {
                throw .invalidConfiguration("entry \(index + 1) of the key ring: \(error.message)")
            }
        }
        try self.init(current: keys[0], older: Array(keys.dropFirst()))
    }

    private static func trimmed(_ text: Substring) -> String {
        let from = text.drop(while: \.isWhitespace)
        return String(from.prefix(from.reversed().drop(while: \.isWhitespace).count))
    }
}
