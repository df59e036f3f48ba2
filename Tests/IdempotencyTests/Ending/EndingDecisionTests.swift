import Testing

@testable import Idempotency

@Suite("Ending table")
struct EndingDecisionTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let end: WorkEnd
        let rerunsLeft: Int
        let expected: EndingDecision

        init(
            _ sentence: String, _ result: WorkEnd.Result, _ transaction: WorkEnd.TransactionState,
            isLate: Bool = false, missedDeadline: Bool = false, rerunsLeft: Int = 3, _ expected: EndingDecision
        ) {
            self.testDescription = sentence
            self.end = WorkEnd(
                result: result, transaction: transaction, isLate: isLate, missedDeadline: missedDeadline)
            self.rerunsLeft = rerunsLeft
            self.expected = expected
        }

        init(_ sentence: String, _ result: WorkEnd.Result, rerunsLeft: Int = 3, _ expected: EndingDecision) {
            self.init(sentence, result, .healthy, rerunsLeft: rerunsLeft, expected)
        }
    }

    static let final = WorkEnd.Result.threw(final: true, sqlState: nil)
    static let error = WorkEnd.Result.threw(final: false, sqlState: nil)

    static let table: [Case] = [
        // answers
        Case("201: commit", .returned(status: 201), .commit),
        Case("201 without reruns left: commit", .returned(status: 201), rerunsLeft: 0, .commit),
        Case("a returned 422 is an answer like any other: commit", .returned(status: 422), .commit),
        Case("499: commit", .returned(status: 499), .commit),
        Case("500: hand on, store nothing", .returned(status: 500), .handOn),
        Case("503: hand on, store nothing", .returned(status: 503), .handOn),
        // answers from a transaction that failed
        Case(
            "201 after a swallowed error: fail", .returned(status: 201), .aborted(sqlState: "23505"),
            .fail(.transactionAborted(sqlState: "23505"))),
        Case(
            "201 after a swallowed error of unknown state: fail", .returned(status: 201), .aborted(sqlState: nil),
            .fail(.transactionAborted(sqlState: nil))),
        Case("500 after a swallowed error: hand on", .returned(status: 500), .aborted(sqlState: "23505"), .handOn),
        Case("201 after a swallowed 40001: run again", .returned(status: 201), .aborted(sqlState: "40001"), .rerun),
        Case("201 after a swallowed 40P01: run again", .returned(status: 201), .aborted(sqlState: "40P01"), .rerun),
        Case(
            "201 after a swallowed 40001 in the last run: fail", .returned(status: 201), .aborted(sqlState: "40001"),
            rerunsLeft: 0, .fail(.rerunsExhausted(sqlState: "40001"))),
        Case("500 after a swallowed 40001: run again", .returned(status: 500), .aborted(sqlState: "40001"), .rerun),
        Case(
            "500 after a swallowed 40001 in the last run: hand on", .returned(status: 500),
            .aborted(sqlState: "40001"), rerunsLeft: 0, .handOn),
        Case("201 with the connection lost: fail", .returned(status: 201), .lost, .fail(.connectionLost)),
        Case("500 with the connection lost: hand on", .returned(status: 500), .lost, .handOn),
        // final errors
        Case("a final error: store it", final, .storeFinal),
        Case("a final error after a unique violation: store it", final, .aborted(sqlState: "23505"), .storeFinal),
        Case("a final error because of a 40001: run again", final, .aborted(sqlState: "40001"), .rerun),
        Case(
            "a final error because of a 40001 in the last run: hand on, it may be untrue", final,
            .aborted(sqlState: "40001"), rerunsLeft: 0, .handOn),
        Case("a final error with the connection lost: hand on", final, .lost, .handOn),
        Case(
            "a final error because of a lock not granted: hand on, it may be untrue", final,
            .aborted(sqlState: "55P03"),
            .handOn),
        Case("a final error because of a cancelled statement: hand on", final, .aborted(sqlState: "57014"), .handOn),
        Case("a final error because of a stale plan: hand on", final, .aborted(sqlState: "0A000"), .handOn),
        Case("a final error because of a full disk: hand on", final, .aborted(sqlState: "53100"), .handOn),
        Case("a final error because of an I/O error: hand on", final, .aborted(sqlState: "58030"), .handOn),
        // other errors
        Case("another error: hand on", error, .handOn),
        Case("another error after a swallowed one: hand on", error, .aborted(sqlState: "23505"), .handOn),
        Case(
            "a lock timeout in the work: hand on", .threw(final: false, sqlState: "55P03"),
            .aborted(sqlState: "55P03"), .handOn),
        Case(
            "a cancelled statement: hand on", .threw(final: false, sqlState: "57014"), .aborted(sqlState: "57014"),
            .handOn),
        Case("40001: run again", .threw(final: false, sqlState: "40001"), .aborted(sqlState: "40001"), .rerun),
        Case("40P01: run again", .threw(final: false, sqlState: "40P01"), .aborted(sqlState: "40P01"), .rerun),
        Case("40001 wrapped in another error: run again", error, .aborted(sqlState: "40001"), .rerun),
        Case("40001 after a savepoint was rolled back: run again", .threw(final: false, sqlState: "40001"), .rerun),
        Case(
            "40001 in the run before the last: run again", .threw(final: false, sqlState: "40001"),
            .aborted(sqlState: "40001"), rerunsLeft: 1, .rerun),
        Case(
            "40001 in the last run: hand on", .threw(final: false, sqlState: "40001"), .aborted(sqlState: "40001"),
            rerunsLeft: 0, .handOn),
        Case("an error with the connection lost: hand on", error, .lost, .handOn),
        // late
        Case(
            "201 past the deadline: fail", .returned(status: 201), .healthy, isLate: true, .fail(.deadlineExceeded)),
        Case(
            "201 past the deadline after a swallowed error: fail", .returned(status: 201),
            .aborted(sqlState: "57014"), isLate: true, .fail(.deadlineExceeded)),
        Case("500 past the deadline: hand on", .returned(status: 500), .healthy, isLate: true, .handOn),
        Case(
            "a statement given up at the deadline: fail", .cutOff, .aborted(sqlState: "57014"), isLate: true,
            .fail(.deadlineExceeded)),
        Case("a connection given up at the deadline: fail", .cutOff, .lost, isLate: true, .fail(.deadlineExceeded)),
        Case(
            "a conflict past the deadline: hand on, it does not run again", .threw(final: false, sqlState: "40001"),
            .aborted(sqlState: "40001"), isLate: true, .handOn),
        Case("another error past the deadline: hand on", error, .healthy, isLate: true, .handOn),
        Case("a final error past the deadline: store it", final, .healthy, isLate: true, .storeFinal),
        Case(
            "a final error past the deadline after a unique violation: store it", final,
            .aborted(sqlState: "23505"), isLate: true, .storeFinal),
        Case(
            "a final error because of a statement given up at the deadline: hand on, it may be untrue", final,
            .aborted(sqlState: "57014"), isLate: true, missedDeadline: true, .handOn),
        Case(
            "a final error because of a statement given up in a savepoint: hand on", final, .healthy, isLate: true,
            missedDeadline: true, .handOn),
        // COMMIT refused
        Case("40001 at COMMIT: run again", .refusedAtCommit(sqlState: "40001"), .rerun),
        Case("40P01 at COMMIT: run again", .refusedAtCommit(sqlState: "40P01"), .rerun),
        Case(
            "40001 at COMMIT in the last run: fail", .refusedAtCommit(sqlState: "40001"), rerunsLeft: 0,
            .fail(.rerunsExhausted(sqlState: "40001"))),
        Case(
            "a deferred constraint at COMMIT: fail", .refusedAtCommit(sqlState: "23503"),
            .fail(.refusedAtCommit(sqlState: "23503"))),
        Case(
            "COMMIT refused without a state: fail", .refusedAtCommit(sqlState: nil),
            .fail(.refusedAtCommit(sqlState: nil))),
    ]

    @Test("each row of the ending table", arguments: table)
    func decision(row: Case) {
        #expect(EndingDecision.after(row.end, rerunsLeft: row.rerunsLeft) == row.expected)
    }

    @Test("no state of a transaction but a healthy one in time is ever committed")
    func onlyHealthyCommits() {
        let results: [WorkEnd.Result] =
            (100...599).map { .returned(status: $0) } + [Self.final, Self.error, .refusedAtCommit(sqlState: nil)]
        for result in results {
            for state in [WorkEnd.TransactionState.aborted(sqlState: nil), .aborted(sqlState: "40001"), .lost] {
                for left in 0...1 {
                    let end = WorkEnd(result: result, transaction: state)
                    #expect(EndingDecision.after(end, rerunsLeft: left) != .commit)
                }
            }
            let late = WorkEnd(result: result, transaction: .healthy, isLate: true)
            #expect(EndingDecision.after(late, rerunsLeft: 1) != .commit)
        }
    }
}
