import Testing

@testable import HummingbirdIdempotency

@Suite("Preferences of a request (RFC 7240 section 2)")
struct PreferencesTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let fields: [String]
        let wait: String?
        var testDescription: String { fields.joined(separator: " | ") }

        init(_ fields: String..., wait: String?) {
            self.fields = fields
            self.wait = wait
        }
    }

    @Test(
        "The first occurrence of a name counts, over lists and fields; the rest is read over",
        arguments: [
            Case("wait=5", wait: "5"),
            Case("wait = \t5 ", wait: "5"),
            Case("WAIT=5", wait: "5"),
            Case(#"wait="5""#, wait: "5"),
            Case(#"wait="\5""#, wait: "5"),
            Case("wait", wait: ""),
            Case(#"wait="""#, wait: ""),
            Case("wait=5; foo=bar;;baz", wait: "5"),
            Case("wait;foo=1", wait: ""),
            Case("respond-async, wait=5", wait: "5"),
            Case(", ,respond-async,,wait=5,", wait: "5"),
            Case("wait=5, wait=6", wait: "5"),
            Case("respond-async", "wait=5", "wait=6", wait: "5"),
            Case("wait=abc, wait=5", wait: "abc"),
            Case(#"foo="a, wait=1", wait=5"#, wait: "5"),
            Case(#"foo="\", wait=1", wait=5"#, wait: "5"),
            Case("foo; wait=1, wait=5", wait: "5"),
            Case("foo; wait=1", wait: nil),
            Case("waiting=1", wait: nil),
            Case("", wait: nil),
            Case(wait: nil),
        ])
    func values(_ example: Case) {
        #expect(Preferences(parsing: example.fields)["wait"] == example.wait)
    }

    @Test(
        "What is no preference is skipped up to the next comma, or the end of its field",
        arguments: [
            Case("=1, wait=5", wait: "5"),
            Case("(foo), wait=5", wait: "5"),
            Case("foo=, wait=5", wait: "5"),
            Case("wait=, wait=5", wait: "5"),
            Case("wait=1 2, wait=5", wait: "5"),
            Case(#"wait="1"2, wait=5"#, wait: "5"),
            Case("wait=1; (, wait=5", wait: "5"),
            Case(#"( "a, wait=1", wait=5"#, wait: "5"),
            Case(#"foo="never closed, wait=1"#, "wait=5", wait: "5"),
            Case(#"foo="ends in \"#, wait: nil),
            Case("wait=\u{e9}", wait: nil),
        ])
    func broken(_ example: Case) {
        #expect(Preferences(parsing: example.fields)["wait"] == example.wait)
    }
}
