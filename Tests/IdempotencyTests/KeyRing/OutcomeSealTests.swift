import Crypto
import Foundation
import Testing

@testable import Idempotency

@Suite("Sealed columns")
struct OutcomeSealTests {
    static let uuid = UUID(
        uuid: (0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x86, 0x77, 0x88, 0x99, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF))
    let key = SymmetricKey(data: Array(0..<32))

    static func seal(
        scope: String = "acme", uuid: UUID = uuid, status: Int = 201, replayForm: Int? = nil
    ) -> OutcomeSeal {
        OutcomeSeal(scope: scope, keyID: KeyID(uuid: uuid), status: status, replayForm: replayForm)
    }

    /// From pyca/cryptography 48 (OpenSSL), which shares no code with this: key 00..1f, nonce 00..0b.
    static let vectors: [(OutcomeSeal, OutcomeSeal.Column, String, plain: String)] = [
        (
            seal(), .headers, "01000102030405060708090a0b2f67ba77aa509b2ce0b1e839b08478a73826d085a3", "hello"
        ),
        (
            seal(scope: "Ω", status: 404, replayForm: 1), .body,
            "01000102030405060708090a0bbb2bf7e530ed24dfac7df23ea6ab73a0", ""
        ),
    ]

    @Test("opens what another implementation has sealed", arguments: vectors)
    func known(seal: OutcomeSeal, column: OutcomeSeal.Column, sealed: String, plain: String) throws {
        let digits = Array(sealed)
        let bytes = try stride(from: 0, to: digits.count, by: 2).map {
            try #require(UInt8(String(digits[$0...$0 + 1]), radix: 16))
        }
        #expect(seal.open(bytes, in: column, with: key) == Array(plain.utf8))
    }

    @Test("opens what it has sealed, whatever the length", arguments: [0, 1, 15, 16, 17, 100_000])
    func roundTrip(count: Int) throws {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        let sealed = try Self.seal().seal(bytes, in: .body, with: key)
        #expect(sealed.count == count + 29)
        #expect(Self.seal().open(sealed, in: .body, with: key) == bytes)
    }

    @Test("the same bytes are sealed differently each time")
    func nonces() throws {
        let sealed = try (0..<100).map { _ in try Self.seal().seal([1, 2, 3], in: .body, with: key) }
        #expect(Set(sealed.map { $0[1...12] }).count == 100)
    }

    static let elsewhere: [(String, OutcomeSeal)] = [
        ("scope", seal(scope: "acm")), ("scope", seal(scope: "acmf")), ("scope", seal(scope: "")),
        ("key", seal(uuid: UUID())),
        ("status", seal(status: 200)), ("form", seal(replayForm: 1)), ("form", seal(replayForm: 2)),
    ]

    @Test("opens in no other row", arguments: elsewhere)
    func otherRow(what: String, other: OutcomeSeal) throws {
        let sealed = try Self.seal().seal([1, 2, 3], in: .body, with: key)
        #expect(other.open(sealed, in: .body, with: key) == nil, "another \(what)")
    }

    @Test("opens in no other column, and under no other key")
    func otherColumn() throws {
        let sealed = try Self.seal().seal([1, 2, 3], in: .body, with: key)
        #expect(Self.seal().open(sealed, in: .headers, with: key) == nil)
        #expect(Self.seal().open(sealed, in: .body, with: SymmetricKey(size: .bits256)) == nil)
    }

    @Test("no byte may change, be missing or be added")
    func tampered() throws {
        let sealed = try Self.seal().seal([1, 2, 3], in: .body, with: key)
        for index in sealed.indices {
            var changed = sealed
            changed[index] ^= 1
            #expect(Self.seal().open(changed, in: .body, with: key) == nil, "byte \(index)")
            #expect(Self.seal().open(Array(sealed[..<index]), in: .body, with: key) == nil, "cut off at \(index)")
        }
        #expect(Self.seal().open(sealed + [0], in: .body, with: key) == nil)
    }
}
