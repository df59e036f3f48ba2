import Testing

@testable import LibPQ

@Suite("The answer to COMMIT")
struct CommitDecisionTests {
    private func notice(_ severity: String, _ state: SQLState) -> ServerDiagnostics {
        var notice = ServerDiagnostics(sqlState: state)
        notice.severity = severity
        return notice
    }

    @Test("is believed only with the tag COMMIT", arguments: ["ROLLBACK", "", "BEGIN", "commit", "COMMIT PREPARED"])
    func otherTag(tag: String) {
        #expect(CommitDecision(tag: tag, notices: []) == .aborted)
        #expect(CommitDecision(tag: tag, notices: [notice("WARNING", "01000")]) == .aborted)
    }

    @Test("is a commit with the tag COMMIT, whatever else was noticed")
    func committed() {
        #expect(CommitDecision(tag: "COMMIT", notices: []) == .committed)
        #expect(CommitDecision(tag: "COMMIT", notices: [notice("NOTICE", "00000")]) == .committed)
        #expect(CommitDecision(tag: "COMMIT", notices: [notice("WARNING", "25P01")]) == .committed)
        #expect(CommitDecision(tag: "COMMIT", notices: [notice("NOTICE", "01000")]) == .committed)
    }

    @Test("is unknown after a warning 01000, for instance of a synchronous standby that did not confirm")
    func warning() {
        #expect(CommitDecision(tag: "COMMIT", notices: [notice("WARNING", "01000")]) == .unknown)
        #expect(
            CommitDecision(tag: "COMMIT", notices: [notice("NOTICE", "00000"), notice("WARNING", "01000")]) == .unknown)
    }

    @Test(
        "is a definite rollback after an SQL error",
        arguments: ["40001", "40P01", "23505", "23503", "23514", "25P02", "53100", "53300", "XX000", "57014", "P0001"])
    func definite(state: SQLState) {
        #expect(CommitDecision(failure: state) == .rolledBack)
    }

    @Test(
        "is unknown after an error that may have come after the commit, or that has no code",
        arguments: ["40003", "08000", "08003", "08006", "08P01", "57P01", "57P02", "57P03", "57P05", nil] as [SQLState?]
    )
    func unknown(state: SQLState?) {
        #expect(CommitDecision(failure: state) == .unknown)
    }
}
