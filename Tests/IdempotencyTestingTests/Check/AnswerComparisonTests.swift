import HTTPTypes
import Idempotency
import Testing

@testable import IdempotencyTesting

@Suite("Comparison of answers")
struct AnswerComparisonTests {
    private static let first = Outcome(status: 201, headers: [.location: "/a/1"], body: [1])

    private func faults(_ acknowledged: Outcome, then retried: Outcome?) -> [String] {
        AnswerComparison.faults(undisturbed: Self.first, acknowledged: acknowledged, retried: retried)
    }

    @Test("a run may answer with another id than the undisturbed one, if its own replay repeats it")
    func ownBody() {
        let other = Outcome(status: 201, headers: [.location: "/a/2"], body: [2])
        #expect(faults(other, then: other) == [])
    }

    @Test("the mark of a replay and what no replay repeats make no difference")
    func replayMark() throws {
        let mark = try #require(HTTPField.Name("Idempotent-Replayed"))
        let first = Outcome(status: 201, headers: [.location: "/a/1", .setCookie: "s", .date: "today"], body: [1])
        let replay = Outcome(status: 201, headers: [.location: "/a/1", mark: "true", .date: "later"], body: [1])
        #expect(faults(first, then: replay) == [])
    }

    @Test("another status, another body and other fields are faults")
    func different() {
        let status = Outcome(status: 200, headers: [.location: "/a/1"], body: [1])
        #expect(faults(status, then: nil) == ["the client was answered 200, without a cut 201"])
        #expect(faults(Self.first, then: status) == ["one more retry was answered 200, and before 201"])
        let body = Outcome(status: 201, headers: [.location: "/a/1"], body: Array("x".utf8))
        #expect(
            faults(Self.first, then: body) == ["one more retry was answered another body: \"x\", and before \"\u{1}\""])
        let fields = Outcome(status: 201, headers: [.location: "/a/2"], body: [1])
        #expect(
            faults(Self.first, then: fields)
                == ["one more retry was answered other header fields: Location: /a/2, and before Location: /a/1"])
    }
}
