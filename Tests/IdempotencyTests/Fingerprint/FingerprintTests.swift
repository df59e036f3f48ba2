import Crypto
import Testing

@testable import Idempotency

@Suite("Fingerprint")
struct FingerprintTests {
    static func make(
        _ method: String = "POST", _ path: String = "/payments", _ query: String? = nil, _ contentType: String? = nil,
        _ body: String = ""
    ) -> Fingerprint {
        .of(method: method, path: path, query: query, contentType: contentType, body: Array(body.utf8))
    }

    @Test("the same request has the same fingerprint, however its body is held")
    func same() {
        let body = Array(#"{"amount":1}"#.utf8)
        let array = Fingerprint.of(method: "POST", path: "/p", query: "a=1", contentType: "x/y", body: body)
        let slice = Fingerprint.of(
            method: "POST", path: "/p", query: "a=1", contentType: "x/y", body: ([0] + body).dropFirst())
        let lazy = Fingerprint.of(
            method: "POST", path: "/p", query: "a=1", contentType: "x/y", body: body.lazy.map { $0 })
        #expect(array == slice)
        #expect(array == lazy)
        #expect(array.bytes.count == 32)
    }

    // Computed apart from this code, with Python's hashlib.
    @Test("its value never changes between versions: stored fingerprints would stop matching")
    func vector() {
        let fingerprint = Self.make("POST", "/payments", "a=1", "application/json", #"{"amount":1}"#)
        let hex = fingerprint.bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(hex == "6fb81919247e8fd5ca63d0de6e107c58e83abaf31b72ff39889ef10526044ba5")
    }

    @Test("requests that differ in one thing, or split the same bytes differently, have different fingerprints")
    func distinct() {
        let requests = [
            Self.make(),
            Self.make("PATCH"),
            Self.make("POST", "/payment"),
            Self.make("POST", "/payment", "s"),
            Self.make("POST", "/payment", nil, "s"),
            Self.make("POST", "/payment", nil, nil, "s"),
            Self.make("POSTs", "/payment"),
            Self.make("POST/", "payments"),
            // absent, empty, and the emptiness elsewhere
            Self.make("POST", "/payments", ""),
            Self.make("POST", "/payments", nil, ""),
            Self.make("POST", "/payments", "", ""),
            // the same characters in another place
            Self.make("POST", "/payments", "ab"),
            Self.make("POST", "/payments", nil, "ab"),
            Self.make("POST", "/payments", nil, nil, "ab"),
            Self.make("POST", "/payments", "a", "b"),
            Self.make("POST", "/payments", "a", nil, "b"),
            Self.make("POST", "/payments", nil, "a", "b"),
            Self.make("POST", "/payments", "b", "a"),
            Self.make("POST", "/payments?ab"),
            // a length that imitates a terminator
            Self.make("POST", "/payments", "a\u{0}", "b"),
            Self.make("POST", "/payments", "a", "\u{0}b"),
        ]
        #expect(Set(requests).count == requests.count)
    }

    @Test("no byte can move from one field into the next")
    func shifting() {
        // With bytes that a form without lengths would use to separate fields.
        let text = Array("POST\u{1}/pay\u{1}a=1\u{1}\u{0}b\u{1}\u{1}json{}".utf8).map { String(UnicodeScalar($0)) }
        var seen: Set<Fingerprint> = []
        var count = 0
        for first in 0...text.count {
            for second in first...text.count {
                seen.insert(
                    Self.make(
                        "POST", text[..<first].joined(), text[first..<second].joined(), text[second...].joined()))
                seen.insert(
                    Self.make(
                        text[..<first].joined(), text[first..<second].joined(), nil, nil, text[second...].joined()))
                count += 2
            }
        }
        #expect(seen.count == count)
    }

    // Computed apart from this code, with Python's hmac.
    @Test("with a secret an HMAC is stored, which depends on the key and never changes between versions")
    func keyed() {
        let fingerprint = Self.make("POST", "/payments", "a=1", "application/json", #"{"amount":1}"#)
        let secret = SymmetricKey(data: Array("Jefe".utf8))
        let keyID = KeyID(hashing: "abc", secret: nil)
        let keyed = fingerprint.keyed(with: secret, for: keyID)
        let hex = keyed.bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(hex == "c8759e1390c2fd6bcf707a9efc9e170d27b04dc2ade3886ce63f836a1a1809d6")
        let others = [
            fingerprint, fingerprint.keyed(with: SymmetricKey(data: Array("jefe".utf8)), for: keyID),
            fingerprint.keyed(with: secret, for: KeyID(hashing: "abd", secret: nil)),
            Self.make().keyed(with: secret, for: keyID),
        ]
        #expect(Set(others + [keyed]).count == 5)
    }

    @Test("a stored fingerprint is adopted only with 32 bytes")
    func adopting() {
        let fingerprint = Self.make()
        #expect(Fingerprint(bytes: fingerprint.bytes) == fingerprint)
        #expect(Fingerprint(bytes: fingerprint.bytes.dropLast()) == nil)
        #expect(Fingerprint(bytes: []) == nil)
    }

    @Test("it does not show itself")
    func redaction() {
        var dumped = ""
        dump(Self.make(), to: &dumped)
        #expect("\(Self.make())" == "Fingerprint(redacted)")
        #expect(!dumped.contains("bytes"))
    }
}
