internal import Crypto

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// Encrypts the columns of one row's outcome so that they can be decrypted in this row and column only.
///
///     version      1 byte, 1
///     nonce        12 bytes, random
///     ciphertext   as long as the plain bytes
///     tag          16 bytes
///
/// Authenticated with it are the version, the column, `replay_form` (0 for NULL), `status`, `key_id` and `scope`, in this order: of fixed
/// lengths up to the last one, so that no byte can move from one into the next.
///
/// Source: NIST SP 800-38D (AES-GCM).
struct OutcomeSeal {
    /// Where a ciphertext stands.
    enum Column: UInt8 {
        case headers = 1
        case body = 2
    }

    private static let version: UInt8 = 1

    let scope: String
    let keyID: KeyID
    let status: Int
    let replayForm: Int?

    func seal(_ bytes: [UInt8], in column: Column, with key: SymmetricKey) throws -> [UInt8] {
        let box = try AES.GCM.seal(bytes, using: key, authenticating: place(column))
        return [Self.version] + box.nonce + box.ciphertext + box.tag
    }

    /// - Returns: nil when these are not the bytes that were sealed here under this key.
    func open(_ bytes: [UInt8], in column: Column, with key: SymmetricKey) -> [UInt8]? {
        guard bytes.first == Self.version,
            let box = try? AES.GCM.SealedBox(combined: bytes.dropFirst()),
            let opened = try? AES.GCM.open(box, using: key, authenticating: place(column))
        else { return nil }
        return Array(opened)
    }

    private func place(_ column: Column) -> [UInt8] {
        var place = [Self.version, column.rawValue]
        for number in [replayForm ?? 0, status] {  // both are of type smallint
            place.append(UInt8(truncatingIfNeeded: number >> 8))
            place.append(UInt8(truncatingIfNeeded: number))
        }
        withUnsafeBytes(of: keyID.uuid.uuid) { place.append(contentsOf: $0) }
        place.append(contentsOf: scope.utf8)
        return place
    }
}
