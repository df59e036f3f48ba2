import Testing

@testable import IdempotencyConformance

@Suite("A first answer and that of a retry")
struct ReplayComparisonTests {
    private func fields(
        _ first: [(name: String, value: String)], _ replay: [(name: String, value: String)], ignored: Set<String> = []
    ) -> Verdict {
        ReplayComparison(first: Answer(201, first), replay: Answer(201, replay), ignored: ignored).fields
    }

    @Test("have the same fields, whatever their case and order")
    func same() {
        #expect(
            fields([("Location", "/1"), ("ETag", "a")], [("etag", "a"), ("location", "/1")]) == .met("location, etag"))
    }

    @Test("differ in a field that is missing, has another value, or another number of lines")
    func other() {
        #expect(fields([("Location", "/1")], []) == .unmet("without location"))
        #expect(fields([("Location", "/1")], [("Location", "/2")]) == .unmet("another value of location"))
        #expect(
            fields([("Link", "a"), ("Link", "b"), ("ETag", "a")], [("Link", "a")])
                == .unmet("without etag; another value of link"))
    }

    @Test(
        "may differ in what the moment or the way adds",
        arguments: [
            "Date", "Expires", "Set-Cookie", "Connection", "Content-Length", "X-Request-ID", "Request-Id", "CF-Ray",
            "X-Amzn-RequestId", "X-RateLimit-Remaining", "RateLimit", "X-Rate-Limit-Reset",
            "X-Envoy-Upstream-Service-Time",
            "X-Kong-Proxy-Latency", "X-Cloud-Trace-Context", "traceparent", "Fly-Request-Id", "Content-Security-Policy",
        ])
    func moment(name: String) {
        #expect(fields([(name, "1")], [(name, "2")]) == .met("no fields to compare"))
    }

    @Test("may differ in what the user says")
    func ignored() {
        #expect(fields([("X-Lucky-Number", "1")], [], ignored: ["x-lucky-number"]) == .met("no fields to compare"))
        #expect(fields([("X-Lucky-Number", "1")], []) == .unmet("without x-lucky-number"))
    }

    @Test("tell where their bodies part")
    func body() {
        let comparison = ReplayComparison(
            first: Answer(201, body: Array("abc".utf8)), replay: Answer(200, body: Array("abd!".utf8)), ignored: [])
        #expect(comparison.body == .unmet("3 bytes, then 4; they differ from byte 2 on"))
        #expect(comparison.status == .unmet("201, then 200"))
        #expect(!comparison.isSameAnswer)
    }
}
