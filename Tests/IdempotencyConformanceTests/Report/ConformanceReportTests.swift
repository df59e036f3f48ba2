import Testing

@testable import IdempotencyConformance

@Suite("A report")
struct ConformanceReportTests {
    private func report(_ verdicts: [Verdict]) throws -> ConformanceReport {
        let check = Check(
            id: "1-a", demand: "a < b & \"c\"", source: "s",
            levels: .init(ietf: .must, strict: .should, stripe: .may, acp: nil))
        return ConformanceReport(
            profile: .ietf, url: "http://e.org", endpoint: try Endpoint("POST:/p", option: ""),
            findings: verdicts.map { Finding(check, level: .should, verdict: $0, strict: false) })
    }

    @Test("counts in words what is not nought")
    func summary() throws {
        #expect(try report([.met("")]).summary == "1 passed, 0 failed")
        #expect(try report([.unmet(""), .untested("")]).summary == "0 passed, 0 failed, 1 warning, 1 not tested")
        #expect(try report([.unmet(""), .unmet("")]).summary == "0 passed, 0 failed, 2 warnings")
    }

    @Test("escapes in XML what a server may have said")
    func escaped() throws {
        let junit = try report([.unmet("<x>\u{0}\u{1B}&\"\u{301}<\u{338}\u{FFFF}")]).junit
        #expect(junit.contains("came: &lt;x&gt;&amp;&quot;\u{301}&lt;\u{338}</system-out>"))
        #expect(junit.contains("expected: a &lt; b &amp; &quot;c&quot;;"))
    }
}
