import Testing

@testable import IdempotencyConformance

@Suite("How refusals are written")
struct ErrorFormatTests {
    private func refusal(
        _ status: Int = 422, _ type: String = "application/problem+json", _ body: String, key: String = "secret",
        link: String? = nil
    ) -> [Evidence.Refusal] {
        let fields = [(name: "Content-Type", value: type)] + (link.map { [(name: "Link", value: $0)] } ?? [])
        return [.init(name: "it", answer: Answer(status, fields, body: Array(body.utf8)), key: key)]
    }

    private func isMet(_ verdict: Verdict) -> Bool { if case .met = verdict { true } else { false } }

    @Test("problem+json with a type leads to documentation, and so does a link where that suffices")
    func documentation() {
        let problem = refusal("application/problem+json; charset=utf-8", #"{"type": "https://e.org/", "status": 422}"#)
        #expect(isMet(ErrorFormat.documentation(problem, linkSuffices: false)))
        let link = refusal("text/plain", "no", link: #"<https://e.org/>; rel="describedby""#)
        #expect(isMet(ErrorFormat.documentation(link, linkSuffices: true)))
        #expect(ErrorFormat.documentation(link, linkSuffices: false) == .unmet("422 for it: text/plain"))
    }

    private func refusal(_ type: String, _ body: String, link: String? = nil) -> [Evidence.Refusal] {
        refusal(422, type, body, link: link)
    }

    @Test(
        "a problem without a type of its own, or with another status, does not",
        arguments: [
            (#"{"title": "no"}"#, "problem+json without a type"),
            (#"{"type": "about:blank"}"#, "problem+json without a type"),
            (#"{"type": "https://e.org/", "status": 400}"#, "a problem whose status is not 422"),
            ("no JSON", "problem+json without a type"),
        ])
    func wrong(body: String, words: String) {
        #expect(
            ErrorFormat.documentation(refusal("application/problem+json", body), linkSuffices: true)
                == .unmet("422 for it: \(words)"))
    }

    @Test("the key is repeated in a body or in a field, but for the one that ACP asks for")
    func keyEcho() {
        #expect(ErrorFormat.keyEcho([]) == .untested("no refusal was seen"))
        #expect(ErrorFormat.keyEcho(refusal("text/plain", "no")) == .met("in none of 1 refusals"))
        #expect(
            ErrorFormat.keyEcho(refusal("text/plain", "no: secret")) == .unmet("422 for it: the key is in the body"))
        var echo = Answer(422, [("X-Key", "secret")])
        #expect(
            ErrorFormat.keyEcho([.init(name: "it", answer: echo, key: "secret")])
                == .unmet("422 for it: the key is in X-Key"))
        echo.fields = [("Idempotency-Key", "secret")]
        #expect(isMet(ErrorFormat.keyEcho([.init(name: "it", answer: echo, key: "secret")])))
    }

    @Test("ACP wants its own code for each status")
    func codes() {
        let body = #"{"type": "invalid_request", "code": "idempotency_conflict", "message": "no"}"#
        #expect(isMet(ErrorFormat.acpCodes(refusal("application/json", body))))
        #expect(!isMet(ErrorFormat.acpCodes(refusal(409, "application/json", body))))
    }
}
