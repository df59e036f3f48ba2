import Crypto
import Testing

@testable import Idempotency

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

@Suite("Key identifier")
struct KeyIDTests {
    @Test(
        "a key's identifier is the head of its SHA-256 with version 8 and variant 10",
        arguments: [
            // FIPS 180-2 appendix B: the digests of "abc" and "" begin ba7816bf 8f01cfea 414140de 5dae2223 and
            // e3b0c442 98fc1c14 9afbf4c8 996fb924.
            ("abc", "BA7816BF-8F01-8FEA-8141-40DE5DAE2223"),
            ("", "E3B0C442-98FC-8C14-9AFB-F4C8996FB924"),
        ])
    func plain(value: String, expected: String) {
        #expect(KeyID(hashing: value, secret: nil).description == expected)
    }

    @Test("with a secret it is the head of the HMAC-SHA-256")
    func keyed() {
        // RFC 4231 section 4.3: 5bdcc146bf60754e6a042426089575c7...
        let id = KeyID(hashing: "what do ya want for nothing?", secret: SymmetricKey(data: Array("Jefe".utf8)))
        #expect(id.description == "5BDCC146-BF60-854E-AA04-2426089575C7")
    }

    @Test("the version and variant bits are set whatever the key")
    func bits() throws {
        for number in 0..<500 {
            let uuid = KeyID(try IdempotencyKey("key-\(number)")).uuid.uuid
            #expect(uuid.6 >> 4 == 8)
            #expect(uuid.8 >> 6 == 0b10)
        }
    }

    @Test("other keys and other secrets make other identifiers")
    func distinct() throws {
        let keys = try (0..<1000).map { try IdempotencyKey("key-\($0)") }
        #expect(Set(keys.map { KeyID($0) }).count == 1000)
        let secrets = [nil, SymmetricKey(data: [1]), SymmetricKey(data: [2])]
        #expect(Set(secrets.map { KeyID(keys[0], secret: $0) }).count == 3)
    }
}
