import LibPQ
import Testing

@testable import Idempotency

@Suite("Status table")
struct StatusDecisionTests {
    static let now = PostgresTimestampTZ(microsecondsSince2000: 800_000_000_000_000)!
    static let earlier = PostgresTimestampTZ(microsecondsSince2000: now.microsecondsSince2000 - 1)!
    static let later = PostgresTimestampTZ(microsecondsSince2000: now.microsecondsSince2000 + 1)!

    static func row(
        status: Int? = 201, expiresAt: PostgresTimestampTZ = later, isTombstone: Bool = false
    ) -> ProbedRow {
        ProbedRow(status: status, createdAt: earlier, expiresAt: expiresAt, isTombstone: isTombstone, readAt: now)
    }

    @Test(
        "there is nothing under a key that the probe could take, or whose row is gone, over, or a tombstone",
        arguments: [
            (true, nil), (true, row(status: nil)), (false, nil), (false, row(expiresAt: now)),
            (false, row(expiresAt: earlier)), (false, row(status: nil, isTombstone: true)),
            (false, row(status: nil, expiresAt: earlier)),
        ] as [(Bool, ProbedRow?)])
    func nothing(inserted: Bool, row: ProbedRow?) {
        #expect(StatusDecision.after(inserted: inserted, row: row) == .answer(nil))
    }

    @Test("a committed outcome is done, whatever its status", arguments: [100, 201, 404, 422, 599])
    func done(status: Int) throws {
        let expected = KeyStatus.done(
            status: status, createdAt: try #require(Self.earlier.date), expiresAt: try #require(Self.later.date))
        #expect(StatusDecision.after(inserted: false, row: Self.row(status: status)) == .answer(expected))
    }

    @Test("a row without outcome, or with a status that HTTP does not know, is damaged")
    func damaged() {
        #expect(StatusDecision.after(inserted: false, row: Self.row(status: nil)) == .damaged(.noOutcome))
        for status in [0, 99, 600] {
            #expect(StatusDecision.after(inserted: false, row: Self.row(status: status)) == .damaged(.status(status)))
        }
    }
}
