import HTTPTypes
import Testing

@testable import HummingbirdIdempotency

@Suite("Prefer: wait=N (RFC 7240 section 4.3)")
struct WaitPreferenceTests {
    @Test(
        "counts up to the cap, and zero is a wait, too",
        arguments: [
            ("wait=0", 0), ("wait=5", 5), (#"wait="5""#, 5), ("wait=007", 7), ("wait=10", 10), ("wait=11", 10),
            ("wait=99999999999999999999999999", 10),
        ])
    func counts(field: String, seconds: Int) throws {
        let preference = try #require(WaitPreference(parsing: [field], upTo: .seconds(10)))
        #expect(preference.wait == .seconds(seconds))
        #expect(preference.applied.value == "wait=\(seconds)")
    }

    @Test(
        "is ignored when it is no number of seconds",
        arguments: ["wait", "wait=", #"wait="""#, "wait=-1", "wait=1.5", "wait=5s", "wait=+5", "wait=x, wait=5", "foo"])
    func ignored(field: String) {
        #expect(WaitPreference(parsing: [field], upTo: .seconds(10)) == nil)
    }

    @Test("is ignored under a cap of zero")
    func noCap() {
        #expect(WaitPreference(parsing: ["wait=5"], upTo: .zero) == nil)
        #expect(WaitPreference(parsing: [], upTo: .seconds(10)) == nil)
    }

    @Test("is applied to the fraction under such a cap, and named in whole seconds")
    func fraction() throws {
        let preference = try #require(WaitPreference(parsing: ["wait=5"], upTo: .milliseconds(2500)))
        #expect(preference.wait == .milliseconds(2500))
        #expect(preference.applied.value == "wait=2")
    }
}
