import HTTPTypes
import Testing

@testable import Idempotency

@Suite("Fingerprint rule")
struct FingerprintRuleTests {
    private struct Unreadable: Error {}

    private static let version = HTTPField.Name("Accept-Version")!
    private static let account = HTTPField.Name("Stripe-Account")!

    private func request(_ path: String = "/payments?a=1", _ fields: HTTPFields = [.contentType: "application/json"])
        -> HTTPRequest
    {
        HTTPRequest(method: .post, scheme: "https", authority: "example.com", path: path, headerFields: fields)
    }

    private func fingerprint(
        _ rule: FingerprintRule, _ body: String = "", _ request: HTTPRequest? = nil
    ) throws -> Fingerprint {
        try rule.fingerprint(of: request ?? self.request(), body: Array(body.utf8))
    }

    @Test("raw body: method, path, query, content type and every byte")
    func rawBody() throws {
        let body = #"{"amount":1}"#
        #expect(
            try fingerprint(.rawBody, body)
                == FingerprintTests.make("POST", "/payments", "a=1", "application/json", body))
        #expect(try fingerprint(.rawBody, body) != fingerprint(.rawBody, body + " "))
        #expect(
            try fingerprint(.rawBody, "", request("/p?a?b#é", [:])) == FingerprintTests.make("POST", "/p", "a?b#é"))
        #expect(try fingerprint(.rawBody, "", request("/p?", [:])) == FingerprintTests.make("POST", "/p", ""))
        #expect(try fingerprint(.rawBody, "", request("/p", [:])) == FingerprintTests.make("POST", "/p"))
    }

    @Test("canonical JSON: the same amounts in another order are the same request, another amount is not")
    func canonicalJSON() throws {
        let first = try fingerprint(.canonicalJSON, #"{"account":42,"amount":1.50}"#)
        #expect(try fingerprint(.canonicalJSON, "{ \"amount\" : 1.5,\n\"account\" : 42 }") == first)
        #expect(try fingerprint(.canonicalJSON, #"{"account":42,"amount":1.5}"#) == first)
        #expect(try fingerprint(.rawBody, #"{"account":42,"amount":1.5}"#) == first)
        #expect(try fingerprint(.canonicalJSON, #"{"account":42,"amount":1.50000000000000001}"#) != first)
        #expect(try fingerprint(.canonicalJSON, #"{"account":42,"amount":"1.5"}"#) != first)
        #expect(try fingerprint(.canonicalJSON, #"{"account":42,"amount":1.5}"#, request("/payments?a=2")) != first)
    }

    @Test("canonical JSON: what has no canonical form is taken byte for byte")
    func notCanonical() throws {
        for body in ["", "amount=1", #"{"a":1,"a":2}"#, "{ \"a\": 1"] {
            #expect(try fingerprint(.canonicalJSON, body) == fingerprint(.rawBody, body))
            #expect(try fingerprint(.canonicalJSON, body) != fingerprint(.canonicalJSON, body + " "))
        }
        #expect(try fingerprint(.canonicalJSON, #"{"a":1,"a":2}"#) != fingerprint(.canonicalJSON, #"{"a":2,"a":1}"#))
    }

    @Test("custom: the closure decides, and what it throws comes out as it is")
    func custom() throws {
        let firstByte = FingerprintRule.custom { request, body in
            guard let first = body.first else { throw Unreadable() }
            return .of(request, body: [first])
        }
        #expect(try fingerprint(firstByte, "ab") == fingerprint(firstByte, "ac"))
        #expect(try fingerprint(firstByte, "ab") == fingerprint(.rawBody, "a"))
        #expect(try fingerprint(firstByte, "ab", request("/refunds")) != fingerprint(firstByte, "ab"))
        #expect(throws: Unreadable.self) { try fingerprint(firstByte) }
        #expect(throws: Unreadable.self) { try fingerprint(firstByte.including(fields: [Self.version])) }
    }

    @Test("chosen bytes alone make a fingerprint, that of no request")
    func chosenBytes() throws {
        let chosen = FingerprintRule.custom { _, body in Fingerprint(hashing: body) }
        #expect(try fingerprint(chosen, "a", request("/x")) == fingerprint(chosen, "a", request("/y")))
        #expect(try fingerprint(chosen, "a") != fingerprint(chosen, "b"))
        #expect(Fingerprint(hashing: Array("idempotency-fingerprint/1".utf8)) != FingerprintTests.make())
        #expect(Fingerprint(hashing: [1, 2, 3].lazy.map { $0 }) == Fingerprint(hashing: [1, 2, 3]))
    }

    @Test("chosen header fields count: their values, and whether they are there")
    func fields() throws {
        let rule = FingerprintRule.rawBody.including(fields: [Self.account, Self.version])
        let requests: [HTTPFields] = [
            [:], [Self.account: ""], [Self.account: "a"], [Self.account: "A"], [Self.version: "a"],
            [Self.account: "a", Self.version: "a"], [Self.account: "a,a"], [Self.account: "a, a"],
        ]
        let fingerprints = try requests.map { try fingerprint(rule, "", request("/p", $0)) }
        #expect(Set(fingerprints).count == requests.count)
        #expect(!fingerprints.contains(try fingerprint(.rawBody, "", request("/p", [:]))))
    }

    @Test("their order, their case, the lines they come in and all other fields do not matter")
    func fieldsThatDoNotMatter() throws {
        let rule = FingerprintRule.canonicalJSON.including(fields: [Self.account, Self.version])
        let same = FingerprintRule.canonicalJSON.including(
            fields: [Self.version, Self.account, HTTPField.Name("STRIPE-ACCOUNT")!])
        let first = try fingerprint(rule, "[1,2]", request("/p", [Self.account: "a, b", Self.version: "1"]))
        var fields: HTTPFields = [Self.version: "1", .userAgent: "x"]
        fields.append(HTTPField(name: HTTPField.Name("stripe-account")!, value: "a"))
        fields.append(HTTPField(name: Self.account, value: "b"))
        #expect(try fingerprint(rule, "[1, 2]", request("/p", fields)) == first)
        #expect(try fingerprint(same, "[1, 2]", request("/p", fields)) == first)
        #expect(try fingerprint(FingerprintRule.rawBody.including(fields: []), "x") == fingerprint(.rawBody, "x"))
    }

    @Test("a rule tells which fields count, each once, however they were added")
    func tellsFields() {
        #expect(FingerprintRule.rawBody.fields.isEmpty)
        let rule = FingerprintRule.canonicalJSON.including(fields: [Self.account, Self.account])
        #expect(rule.including(fields: []).fields == [Self.account])
        let both = rule.including(fields: [HTTPField.Name("Accept-Version")!, HTTPField.Name("STRIPE-ACCOUNT")!])
        #expect(both.fields.map(\.canonicalName) == ["accept-version", "stripe-account"])
        #expect(both.kind == .canonicalJSON)
    }

    @Test("a field's bytes count, also those that are not UTF-8")
    func bytes() throws {
        let rule = FingerprintRule.rawBody.including(fields: [Self.account])
        let fingerprints = try ([[0x61, 0xFF], [0x61, 0xFE], [0x61, 0xC3, 0xBF]] as [[UInt8]]).map { value in
            try fingerprint(rule, "", request("/p", HTTPFields([HTTPField(name: Self.account, lenientValue: value)])))
        }
        #expect(Set(fingerprints).count == 3)
    }
}
