import Testing

@testable import IdempotencyConformance

@Suite("The server under test")
struct TargetTests {
    private func target(_ url: String, _ endpoint: String = "POST:/payments") throws -> Target {
        try Target(
            url: url, endpoint: Endpoint(endpoint, option: "--endpoint"),
            body: BodyTemplate("{unique}", option: "--body"))
    }

    @Test(
        "has a URL of scheme, host and port, perhaps with a path",
        arguments: [
            "http://localhost", "https://e.org:8443", "http://[::1]:80", "http://[::1]", "https://e.org/api/v1",
        ])
    func url(url: String) throws {
        #expect(try target(url).url == url)
        #expect(try target(url + "/").url == url)
    }

    @Test(
        "has no other URL",
        arguments: [
            "localhost", "ftp://e.org", "http://", "http://:80", "http://e.org:port", "http://e.org:70000",
            "http://a:b@e.org", "http://e.org?a", "http://e.org#a", "http://e org",
        ])
    func wrongURL(url: String) {
        #expect(throws: ConformanceError.self) { try target(url) }
    }

    @Test("is asked under another method, path and query for the check of these")
    func otherEndpoints() throws {
        let endpoint = try Endpoint("POST:/payments", option: "")
        #expect(endpoint.withOtherMethod == (try Endpoint("PATCH:/payments", option: "")))
        #expect(try Endpoint("PATCH:/a", option: "").withOtherMethod.method == "POST")
        #expect(endpoint.withOtherPath.path == "/payments/conformance")
        #expect(endpoint.withOtherQuery.path == "/payments?conformance=1")
        let query = try Endpoint("POST:/payments?a=1", option: "")
        #expect(query.withOtherPath.path == "/payments/conformance?a=1")
        #expect(query.withOtherQuery.path == "/payments?a=1&conformance=1")
    }

    @Test("has header fields whose values are never shown")
    func header() throws {
        let line = try HeaderLine("Authorization:\tBearer secret", option: "--header")
        #expect(line.name == "Authorization" && line.value == "Bearer secret")
        #expect("\(line)" == "Authorization: (not shown)")
        for wrong in ["secret", ": secret", "A B: secret", "A: secret\nB: c", "Idempotency-Key: secret"] {
            let error = #expect(throws: ConformanceError.self) { try HeaderLine(wrong, option: "--header") }
            #expect(error?.description.contains("secret") == false)
        }
    }

    @Test(
        "counts effects in an array or a number, wherever it is",
        arguments: [
            ("", "[1, 2]", 2), ("", "3", 3), ("/data", #"{"data": [{}]}"#, 1),
            ("/a~1b/0/n", #"{"a/b": [{"n": 4}]}"#, 4),
            ("", "{}", nil), ("/data", "[]", nil), ("", "1.5", nil), ("", "no JSON", nil),
            ("", "9223372036854774784", nil),
        ] as [(String, String, Int?)])
    func probe(pointer: String, body: String, count: Int?) throws {
        let probe = try EffectProbe("GET:/p?r={unique}", pointer: pointer)
        #expect(probe.count(in: Array(body.utf8)) == count)
    }

    @Test("gets another value for each operation, as digits or as a UUID")
    func unique() throws {
        let template = try BodyTemplate("{unique} {uuid} {unique}", option: "--body")
        let operation = Operation(template)
        let parts = operation.body.split(separator: " ")
        #expect(parts.count == 3 && parts[0] == parts[2])
        #expect(parts[1].filter { $0 != "-" } == parts[0] && parts[1].count == 36)
        #expect(Operation(template).body != operation.body)
        #expect(try BodyTemplate("{uuid}", option: "--body") != template)
        #expect(throws: ConformanceError.self) { try BodyTemplate("{}", option: "--body") }
    }

    @Test("gets the same JSON with its members in another order")
    func reordered() {
        #expect(
            JSONText.reordered(#"{"a": 1, "b": "x,}\"", "c": [1, {"d": 2}]}"#)
                == #"{ "c": [1, {"d": 2}], "b": "x,}\"", "a": 1 }"#)
        // A quote is one, whatever combines with it.
        let (first, second) = ("\"a\": \"\u{301},x\u{600}\"", "\"b\": 2")
        #expect(JSONText.reordered("{\(first), \(second)}") == "{ \(second), \(first) }")
        #expect(JSONText.reordered("[1]") == nil)
        #expect(JSONText.reordered("{") == nil)
    }
}
