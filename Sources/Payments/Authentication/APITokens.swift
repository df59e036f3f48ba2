import Crypto

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The tokens that open the service, and whose each is. Holds hashes only.
struct APITokens: Sendable {
    private let entries: [(digest: SHA256.Digest, tenant: Tenant)]

    /// Reads `tenant:token,tenant:token`. A tenant may have several tokens, to change them without a gap.
    /// - Throws: ``SettingsError``, which never quotes a token.
    init(parsing text: String) throws {
        var entries: [(digest: SHA256.Digest, tenant: Tenant)] = []
        let bytes = text[...].utf8
        for (index, entry) in bytes.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).enumerated() {
            let parts = entry.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
                .map(Self.trimmed)
            guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
                throw SettingsError("PAYMENTS_API_TOKENS must be tenant:token,tenant:token; entry \(index + 1) is not")
            }
            let digest = Self.digest(parts[1])
            guard !entries.contains(where: { $0.digest == digest }) else {
                throw SettingsError(
                    "PAYMENTS_API_TOKENS names one token twice; entry \(index + 1) repeats an earlier one")
            }
            entries.append((digest, Tenant(name: parts[0])))
        }
        self.entries = entries
    }

    /// Without the blanks and line ends around it, which a secret's file may have and no header field can carry.
    private static func trimmed(_ part: Substring.UTF8View) -> String {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
        let tail = part.drop(while: isBlank)
        return String(decoding: tail.dropLast(tail.reversed().prefix(while: isBlank).count), as: UTF8.self)
    }

    /// Whose token this is.
    ///
    /// Takes the same time for every token of one length: hashes are compared, in constant time, and all of them.
    func tenant(of token: String) -> Tenant? {
        let digest = Self.digest(token)
        var found: Tenant?
        for entry in entries where entry.digest == digest {
            found = entry.tenant
        }
        return found
    }

    private static func digest(_ token: String) -> SHA256.Digest {
        SHA256.hash(data: Array(token.utf8))
    }
}
