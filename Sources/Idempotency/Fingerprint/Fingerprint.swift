internal import Crypto
public import HTTPTypes

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// What a request asks for, as a hash: a retry has the same fingerprint, another request under the same key has not.
///
/// SHA-256 over a version, then method, path, query, content type and body, each with its length in front, so that no
/// byte can move from one field into the next unnoticed. An absent query or content type differs from an empty one.
///
/// Nothing is normalised: the path is hashed as it was received, percent-encoding included, and the body byte for byte.
/// A client that re-orders the members of its JSON between two tries gets 422, unless ``FingerprintRule/canonicalJSON`` is the rule.
///
/// What a small request asked for can be found from its fingerprint by trying; ``description`` does not show it, and with a secret
/// ``Idempotency`` stores an HMAC in its place.
public struct Fingerprint: Sendable, Hashable {
    /// The 32 bytes of the hash.
    public let bytes: [UInt8]

    /// The length in bytes: that of a SHA-256.
    static let length = 32

    /// First bytes of the hash, so that a later form of fingerprint never equals one of this form by construction.
    private static let version: [UInt8] = Array("idempotency-fingerprint/1".utf8)

    /// Adopts a fingerprint that was stored.
    ///
    /// - Returns: `nil` unless there are exactly 32 bytes.
    public init?(bytes: some Sequence<UInt8>) {
        let bytes = Array(bytes)
        guard bytes.count == Self.length else { return nil }
        self.bytes = bytes
    }

    private init(_ digest: some Sequence<UInt8>) {
        self.bytes = Array(digest)
    }

    /// The fingerprint of chosen bytes and of nothing else, for a ``FingerprintRule/custom(_:)`` rule.
    ///
    /// Method and path do not count unless they are among the bytes: a key that is used on two routes then gets one route's answer
    /// from the other.
    public init(hashing bytes: some Sequence<UInt8>) {
        self.init(SHA256.hash(data: Array("idempotency-fingerprint-of-bytes/1".utf8) + bytes))
    }

    /// The fingerprint of a request.
    ///
    /// - Parameters:
    ///   - request: its method, path and query, as received, and content type count.
    ///   - body: the whole body, or what stands for it.
    public static func of(_ request: HTTPRequest, body: some Collection<UInt8>) -> Fingerprint {
        let target = request.path ?? ""
        let mark = target.utf8.firstIndex(of: UInt8(ascii: "?"))
        return .of(
            method: request.method.rawValue, path: String(target[..<(mark ?? target.endIndex)]),
            query: mark.map { String(target[target.utf8.index(after: $0)...]) },
            contentType: request.headerFields[.contentType], body: body)
    }

    /// The fingerprint of a request.
    ///
    /// - Parameters:
    ///   - method: the request's method, as sent (`POST`).
    ///   - path: the path without query, as sent.
    ///   - query: what follows the first `?`, as sent; `nil` when there is no `?`.
    ///   - contentType: the value of the `Content-Type` field; `nil` without one.
    ///   - body: the whole body.
    public static func of(
        method: String,
        path: String,
        query: String?,
        contentType: String?,
        body: some Collection<UInt8>
    ) -> Fingerprint {
        // Everything but the body in one buffer: one call of the hash function instead of ten.
        var head = Self.version
        head.reserveCapacity(
            head.count + method.utf8.count + path.utf8.count + (query?.utf8.count ?? 0)
                + (contentType?.utf8.count ?? 0) + 64)
        head.appendField(method.utf8)
        head.appendField(path.utf8)
        head.appendField(query?.utf8)
        head.appendField(contentType?.utf8)
        head.appendLength(body.count)

        var hash = SHA256()
        head.withUnsafeBytes { hash.update(bufferPointer: $0) }
        let contiguous: Void? = body.withContiguousStorageIfAvailable {
            hash.update(bufferPointer: UnsafeRawBufferPointer($0))
        }
        if contiguous == nil {
            Array(body).withUnsafeBytes { hash.update(bufferPointer: $0) }
        }
        return Fingerprint(hash.finalize())
    }
}

extension Fingerprint {
    /// What is stored in place of this fingerprint when there is a secret: its HMAC-SHA-256, so that a small request cannot be found from
    /// a dump by trying, and equal requests under different keys do not show as equal.
    ///
    /// The secret is also that of ``KeyID``. No message of one is a message of the other: a key has no NUL.
    func keyed(with secret: SymmetricKey, for keyID: KeyID) -> Fingerprint {
        var hmac = HMAC<SHA256>(key: secret)
        hmac.update(data: Array("idempotency-fingerprint-hmac/1\0".utf8))
        withUnsafeBytes(of: keyID.uuid.uuid) { hmac.update(data: $0) }
        hmac.update(data: bytes)
        return Fingerprint(hmac.finalize())
    }

    /// The fingerprint of the same request, in which these fields count as well.
    func including(_ fields: [(name: String, value: [UInt8]?)]) -> Fingerprint {
        var content = Array("idempotency-fingerprint-with-fields/1".utf8) + bytes
        for field in fields {
            content.appendField(field.name.utf8)
            content.appendField(field.value)
        }
        return Fingerprint(SHA256.hash(data: content))
    }
}

extension Fingerprint: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Says that this is a fingerprint, and never which.
    public var description: String { "Fingerprint(redacted)" }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// Shows nothing to `dump`.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension [UInt8] {
    /// One byte that says whether there is a value, then its length and its bytes.
    fileprivate mutating func appendField(_ value: (some Collection<UInt8>)?) {
        guard let value else {
            append(0)
            return
        }
        append(1)
        appendLength(value.count)
        append(contentsOf: value)
    }

    /// Eight bytes, most significant first.
    fileprivate mutating func appendLength(_ length: Int) {
        for shift in stride(from: 56, through: 0, by: -8) {
            append(UInt8(truncatingIfNeeded: length >> shift))
        }
    }
}
