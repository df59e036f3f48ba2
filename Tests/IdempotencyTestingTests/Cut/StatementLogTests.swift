import Testing

@testable import FaultProxy
@testable import IdempotencyTesting

@Suite("Statements of a run")
struct StatementLogTests {
    private func passage(_ text: String, _ connection: Int, _ number: Int, _ moment: Passage.Moment) -> Passage {
        Passage(statement: text, number: number, connection: connection, moment: moment)
    }

    @Test("each statement can be cut before it arrives and before its answer, in the order of the run")
    func cuts() {
        var log = StatementLog()
        for (number, text) in ["BEGIN", "INSERT", "COMMIT"].enumerated() {
            for moment in Passage.Moment.allCases { _ = log.note(passage(text, 1, number + 1, moment)) }
        }
        #expect(log.cuts.map(\.statement) == ["BEGIN", "BEGIN", "INSERT", "INSERT", "COMMIT", "COMMIT"])
        #expect(log.cuts.map(\.number) == [1, 1, 2, 2, 3, 3])
        #expect(log.cuts.prefix(2).map(\.moment) == [.beforeStatement, .beforeAnswer])
    }

    @Test("the same text is told apart by its occurrence, on any connection, and an answer belongs to its own")
    func occurrences() {
        var log = StatementLog()
        _ = log.note(passage("SELECT", 1, 1, .beforeRequest))
        _ = log.note(passage("INSERT", 1, 2, .beforeRequest))
        let second = log.note(passage("SELECT", 2, 1, .beforeRequest))
        #expect(second?.occurrence == 2 && second?.number == 3 && second?.moment == .beforeStatement)
        let answer = log.note(passage("SELECT", 1, 1, .beforeAnswer))
        #expect(answer?.occurrence == 1 && answer?.number == 1 && answer?.moment == .beforeAnswer)
    }

    @Test("nothing is cut at the moments in between, nor at the answer of a statement that was not seen")
    func between() {
        var log = StatementLog()
        _ = log.note(passage("SELECT", 1, 1, .beforeRequest))
        #expect(log.note(passage("SELECT", 1, 1, .afterRequest)) == nil)
        #expect(log.note(passage("SELECT", 1, 1, .afterAnswer)) == nil)
        #expect(log.note(passage("SELECT", 9, 1, .beforeAnswer)) == nil)
        #expect(log.cuts.count == 2)
    }

    @Test("a cut is told in one line, with the beginning of a long statement")
    func description() {
        let short = ConnectionCut(statement: "UPDATE a\n  SET b = 1", occurrence: 1, number: 4, moment: .beforeAnswer)
        #expect(
            short.description
                == "after the server had executed statement 4, before its answer: UPDATE a SET b = 1")
        let long = ConnectionCut(
            statement: String(repeating: "x", count: 300), occurrence: 1, number: 1, moment: .beforeStatement)
        #expect(
            long.description == "before statement 1 reached the server: \(String(repeating: "x", count: 200))…")
    }
}
