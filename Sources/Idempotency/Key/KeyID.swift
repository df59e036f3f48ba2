public import Crypto

#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// A key as the ledger stores it: a UUIDv8 made from a hash of the key, so that the key itself is stored nowhere.
///
/// The UUID is the first 16 bytes of SHA-256(key), or of HMAC-SHA-256(secret, key), with the version and variant bits
/// set. 122 bits remain: two of 2^40 keys of one scope collide with a probability of about 10^-13.
///
/// Without a secret, whoever reads the table can confirm a guessed key; short or countable keys want a secret. Changing
/// the secret changes every `KeyID`: retries of requests from before the change are then new requests. The same secret keys the
/// fingerprint that is stored.
///
/// Sources: RFC 9562 section 5.8 (UUIDv8); RFC 2104 (HMAC).
public struct KeyID: Sendable, Hashable {
    /// The identifier, ready to be bound to a column of type `uuid`.
    public let uuid: UUID

    /// Hashes a key.
    ///
    /// - Parameters:
    ///   - key: the client's key.
    ///   - secret: the HMAC key; `nil` (default) uses the plain hash.
    public init(_ key: IdempotencyKey, secret: SymmetricKey? = nil) {
        self.init(hashing: key.rawValue, secret: secret)
    }

    /// Adopts an identifier read from the ledger.
    public init(uuid: UUID) {
        self.uuid = uuid
    }

    /// Apart from ``init(_:secret:)`` so that the published vectors, which are not all valid keys, can be tested.
    init(hashing value: String, secret: SymmetricKey?) {
        var value = value
        self.uuid = value.withUTF8 { bytes in
            if let secret {
                var hmac = HMAC<SHA256>(key: secret)
                hmac.update(data: UnsafeRawBufferPointer(bytes))
                return Self.version8(of: hmac.finalize())
            }
            var hash = SHA256()
            hash.update(bufferPointer: UnsafeRawBufferPointer(bytes))
            return Self.version8(of: hash.finalize())
        }
    }

    private static func version8(of digest: some ContiguousBytes) -> UUID {
        digest.withUnsafeBytes { digest in
            UUID(
                uuid: (
                    digest[0], digest[1], digest[2], digest[3], digest[4], digest[5],
                    digest[6] & 0x0F | 0x80,  // version 8
                    digest[7],
                    digest[8] & 0x3F | 0x80,  // variant 10
                    digest[9], digest[10], digest[11], digest[12], digest[13], digest[14], digest[15]
                ))
        }
    }
}

extension KeyID: CustomStringConvertible {
    /// The UUID in upper-case hexadecimal. It names a row of the ledger; it does not reveal the key.
    public var description: String { uuid.uuidString }
}
