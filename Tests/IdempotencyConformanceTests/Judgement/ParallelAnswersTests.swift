import Testing

@testable import IdempotencyConformance

@Suite("Answers to duplicates of one moment")
struct ParallelAnswersTests {
    private func verdict(
        _ answers: [(status: Int, body: String)], unanswered: Int = 0, bodiesAreEqual: Bool = true
    ) -> Verdict {
        ParallelAnswers(
            answers: answers.map { Answer($0.status, body: Array($0.body.utf8)) }, unanswered: unanswered,
            bodiesAreEqual: bodiesAreEqual
        ).verdict
    }

    @Test("are one success, and the same again or a refusal that says: later")
    func right() {
        #expect(verdict([(201, "a"), (201, "a")]) == .met("2 x 201"))
        #expect(verdict([(201, "a"), (409, ""), (429, ""), (503, "")]) == .met("1 x 201, 1 x 409, 1 x 429, 1 x 503"))
        // That a replay has another status is another check's matter.
        #expect(verdict([(201, "a"), (200, "a")]) == .met("1 x 200, 1 x 201"))
    }

    @Test("are wrong when none succeeds, one says something else, or one does not come")
    func wrong() {
        #expect(verdict([(409, ""), (409, "")]) == .unmet("none of 2 succeeded: 2 x 409"))
        #expect(verdict([(201, "a"), (500, "")]) == .unmet("1 x 201, 1 x 500"))
        #expect(verdict([(201, "a"), (422, "")]) == .unmet("1 x 201, 1 x 422"))
        #expect(verdict([(201, "a")], unanswered: 1) == .unmet("1 of 2 got no answer"))
    }

    @Test("have different bodies when several ran, unless every replay has")
    func bodies() {
        #expect(verdict([(201, "a"), (201, "b")]) == .unmet("2 successes with 2 different bodies"))
        #expect(verdict([(201, "a"), (201, "b")], bodiesAreEqual: false) == .met("2 x 201"))
    }
}
