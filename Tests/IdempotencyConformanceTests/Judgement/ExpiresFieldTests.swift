import Testing

@testable import IdempotencyConformance

@Suite("Idempotency-Key-Expires")
struct ExpiresFieldTests {
    private func answer(_ values: String...) -> Answer {
        Answer(201, values.map { (name: "Idempotency-Key-Expires", value: $0) })
    }

    @Test("is a Date of RFC 9651 that lies ahead, and the same on replays")
    func right() {
        #expect(
            ExpiresField.verdict(first: answer("@1764099197"), replay: answer("@1764099197"), now: 1_764_099_187)
                == .met("in 10 s"))
    }

    @Test(
        "is nothing else",
        arguments: [
            ([], [], "no such field"), (["1764099197"], ["1764099197"], "no Date of RFC 9651"),
            (["@1764099197.5"], ["@1764099197.5"], "no Date of RFC 9651"),
            (["@1764099197", "@1764099197"], ["@1764099197"], "no Date of RFC 9651"),
            (["@1"], ["@1"], "a moment that has passed"),
            (["@1764099197"], [], "the replay names another moment, or none"),
            (["@1764099197"], ["@1764099198"], "the replay names another moment, or none"),
        ] as [([String], [String], String)])
    func wrong(first: [String], replay: [String], words: String) {
        func answer(_ values: [String]) -> Answer {
            Answer(201, values.map { (name: "idempotency-key-expires", value: $0) })
        }
        #expect(
            ExpiresField.verdict(first: answer(first), replay: answer(replay), now: 1_764_099_187) == .unmet(words))
    }
}
