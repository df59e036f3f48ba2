import Crypto
import Testing

@testable import Idempotency

@Suite("Key ring")
struct IdempotencyKeyRingTests {
    static let zeros = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
    static let ones = "//////////////////////////////////////////8="

    /// A ring whose keys are made from their names.
    static func ring(_ current: String, older: [String] = []) throws -> IdempotencyKeyRing {
        func key(_ name: String) throws -> IdempotencyKeyRing.Key {
            try .init(name: name, secret: SymmetricKey(data: SHA256.hash(data: Array(name.utf8))))
        }
        return try IdempotencyKeyRing(current: key(current), older: older.map(key))
    }

    private static func error(_ body: () throws -> some Any) -> IdempotencyError? {
        do {
            _ = try body()
            return nil
        } catch {
            return error as? IdempotencyError
        }
    }

    @Test("the first key of the text is the current one; white space around entries does not count")
    func parsing() throws {
        let ring = try IdempotencyKeyRing(parsing: " 2026-11:\(Self.ones) ,\n2026-05:\(Self.zeros)\n")
        #expect(ring.current.name == "2026-11")
        #expect(ring["2026-11"]?.secret == SymmetricKey(data: [UInt8](repeating: 255, count: 32)))
        #expect(ring["2026-05"]?.secret == SymmetricKey(data: [UInt8](repeating: 0, count: 32)))
        #expect(ring["2026-01"] == nil)
    }

    static let bad: [(String, says: String)] = [
        ("", "entry 1 of the key ring is not of the form name:key"),
        ("  ", "entry 1 of the key ring is not of the form name:key"),
        (ones, "entry 1 of the key ring is not of the form name:key"),
        ("a:\(zeros),", "entry 2 of the key ring is not of the form name:key"),
        ("a:\(zeros),\(ones)", "entry 2 of the key ring is not of the form name:key"),
        ("a:", "the key in entry 1 of the key ring is not Base64 of 32 bytes"),
        ("a:secret", "the key in entry 1 of the key ring is not Base64 of 32 bytes"),
        ("a:" + ones.dropLast(), "the key in entry 1 of the key ring is not Base64 of 32 bytes"),
        ("a:////", "the key in entry 1 of the key ring is not Base64 of 32 bytes"),
        ("a:\(ones)////", "the key in entry 1 of the key ring is not Base64 of 32 bytes"),
        ("a:b:\(ones)", "the key in entry 1 of the key ring is not Base64 of 32 bytes"),
        (":\(ones)", "entry 1 of the key ring: the name of a key must be 1 to 32 letters"),
        ("ä:\(ones)", "entry 1 of the key ring: the name of a key must be 1 to 32 letters"),
        ("\(zeros.dropLast()):\(ones)", "entry 1 of the key ring: the name of a key must be 1 to 32 letters"),
        ("a:\(zeros),b:\(ones),a:\(ones)", "the key ring has two keys with the name a"),
    ]

    @Test("an entry that is wrong is named by its place and never quoted", arguments: bad)
    func errors(text: String, says: String) {
        let error = Self.error { try IdempotencyKeyRing(parsing: text) }
        #expect(error?.code == .invalidConfiguration)
        #expect(error?.message.hasPrefix(says) == true, "\(error?.message ?? "")")
        for secret in ["////", "AAAA", "secret"] { #expect(error?.message.contains(secret) == false) }
    }

    @Test("a key of another length is refused", arguments: [0, 16, 24, 33])
    func length(bytes: Int) {
        let error = Self.error {
            try IdempotencyKeyRing.Key(name: "a", secret: SymmetricKey(data: [UInt8](repeating: 1, count: bytes)))
        }
        #expect(error?.code == .invalidConfiguration)
        #expect(error?.message == "the key a must have 256 bits, but has \(bytes * 8)")
    }

    @Test("its description shows names and no key")
    func redaction() throws {
        let ring = try Self.ring("new", older: ["old-2", "old-1"])
        #expect("\(ring)" == #"IdempotencyKeyRing(current: new, older: ["old-1", "old-2"])"#)
        var dumped = ""
        dump(ring, to: &dumped)
        dump(ring.current, to: &dumped)
        #expect("\(ring.current)" == "new" && String(reflecting: ring.current) == "new")
        #expect(!dumped.contains("secret") && !dumped.contains("SymmetricKey"), "\(dumped)")
    }
}
