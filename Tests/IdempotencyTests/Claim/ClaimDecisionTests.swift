import Foundation
import HTTPTypes
import LibPQ
import Testing

@testable import Idempotency

@Suite("Claim table")
struct ClaimDecisionTests {
    static let mine = Fingerprint.of(method: "POST", path: "/", query: nil, contentType: nil, body: [1])
    static let other = Fingerprint.of(method: "POST", path: "/", query: nil, contentType: nil, body: [2])
    static let headers: HTTPFields = [.location: "/payments/1"]

    static func row(
        _ fingerprint: Fingerprint = mine, status: Int? = 201, headers: [UInt8]? = HeaderCodec.encode(headers),
        body: [UInt8]? = [7], form: Int? = nil, expired: Bool = false, tombstone: Double? = nil
    ) -> StoredRow {
        StoredRow(
            fingerprint: fingerprint.bytes, status: status, headers: headers, body: body, replayForm: form,
            expiresAt: time(0), tombstoneUntil: tombstone.map(time), readAt: time(expired ? 1 : -1))
    }

    /// So many seconds after the rows' `expires_at`.
    static func time(_ seconds: Double) -> PostgresTimestampTZ {
        PostgresTimestampTZ(expiry.addingTimeInterval(seconds)) ?? .infinity
    }

    static let expiry = Date(timeIntervalSince1970: 1_764_099_197)
    static let claimed = ClaimDecision.claimed(expiresAt: expiry)
    static let replay = replay(Outcome(status: 201, headers: headers, body: [7]))

    static func replay(_ outcome: Outcome) -> ClaimDecision {
        .replay(StoredOutcome(outcome: outcome, expiresAt: expiry))
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let result: ClaimResult
        let startOvers: Int
        let lateFrom: PostgresTimestampTZ?
        let expected: ClaimDecision

        init(
            _ sentence: String, _ result: ClaimResult, startOvers: Int = 0, lateFrom: Double? = nil,
            _ expected: ClaimDecision
        ) {
            self.testDescription = sentence
            self.result = result
            self.startOvers = startOvers
            self.lateFrom = lateFrom.map(ClaimDecisionTests.time)
            self.expected = expected
        }
    }

    static let taken = ClaimResult.looked(inserted: true, row: row(status: nil, headers: nil, body: nil))

    static func tombstone(expired: Bool = false) -> StoredRow {
        StoredRow(fingerprint: [], expiresAt: time(0), tombstoneUntil: time(0), readAt: time(expired ? 1 : -1))
    }

    static func found(_ row: StoredRow?) -> ClaimResult { .looked(inserted: false, row: row) }

    static let table: [Case] = [
        Case("inserted: claimed", .looked(inserted: true, row: row(status: nil, headers: nil, body: nil)), claimed),
        Case(
            "inserted, retention already over: claimed all the same",
            .looked(inserted: true, row: row(status: nil, headers: nil, body: nil, expired: true)), claimed),
        Case("completed by the same request: replay", found(row()), replay),
        Case("completed by another request: mismatch", found(row(other)), .mismatch),
        Case("expired, same request: reclaim", found(row(expired: true)), .reclaim),
        Case("expired, another request: reclaim, not mismatch", found(row(other, expired: true)), .reclaim),
        Case("expired and damaged: reclaim heals it", found(row(status: nil, expired: true)), .reclaim),
        Case("expired and remembered: refused", found(row(expired: true, tombstone: 2)), .keyExpired),
        Case(
            "expired, remembered, another request: refused", found(row(other, expired: true, tombstone: 2)), .keyExpired
        ),
        Case("expired and no longer remembered: reclaim", found(row(expired: true, tombstone: 1)), .reclaim),
        Case("live and to be remembered: replay", found(row(tombstone: 2)), replay),
        Case("a tombstone: refused", found(tombstone()), .keyExpired),
        Case("a tombstone whose time is over: reclaim", found(tombstone(expired: true)), .reclaim),
        Case("inserted with a key that is too old: refused", taken, lateFrom: -1, .keyExpired),
        Case("inserted with a key that is not too old yet: claimed", taken, lateFrom: -0.5, claimed),
        Case("expired, and the key too old: refused", found(row(expired: true)), lateFrom: 1, .keyExpired),
        Case("expired, and the key not too old yet: reclaim", found(row(expired: true)), lateFrom: 1.5, .reclaim),
        Case("a live outcome of a key that is too old: replay", found(row()), lateFrom: -2, replay),
        Case("another request with a key that is too old: mismatch", found(row(other)), lateFrom: -2, .mismatch),
        Case("purged or aborted in between: start over", found(nil), .startOver),
        Case("gone for the third time: start over", found(nil), startOvers: 2, .startOver),
        Case("gone once too often: give up", found(nil), startOvers: 3, .giveUp),
        Case("lock timeout: in flight elsewhere", .failed(sqlState: "55P03"), .inFlight),
        Case("lock timeout late: still in flight", .failed(sqlState: "55P03"), startOvers: 3, .inFlight),
        Case("statement timeout: in flight elsewhere", .failed(sqlState: "57014"), .inFlight),
        Case("serialization failure: start over", .failed(sqlState: "40001"), .startOver),
        Case("deadlock: start over", .failed(sqlState: "40P01"), .startOver),
        Case("deadlock once too often: give up", .failed(sqlState: "40P01"), startOvers: 3, .giveUp),
        Case("another error: reported", .failed(sqlState: "42P01"), .failed(sqlState: "42P01")),
        Case("reclaim changed the row: claimed until its new expiry", .reclaimed(expiries: [time(0)]), claimed),
        Case("reclaim came too late: look again", .reclaimed(expiries: []), .startOver),
        Case("reclaim came too late once too often: give up", .reclaimed(expiries: []), startOvers: 3, .giveUp),
        Case("reclaim met a deadlock: start over", .failed(sqlState: "40P01"), startOvers: 1, .startOver),
        Case(
            "NULL headers and body are none and empty", found(row(headers: nil, body: nil)),
            replay(Outcome(status: 201))),
        Case("inserted but not visible: damaged", .looked(inserted: true, row: nil), .damaged(.ownRowHidden)),
        Case(
            "inserted but another's fingerprint: damaged", .looked(inserted: true, row: row(other)),
            .damaged(.ownRowHidden)),
        Case("committed without outcome: damaged, never run", found(row(status: nil)), .damaged(.noOutcome)),
        Case("committed without outcome by another request: mismatch", found(row(other, status: nil)), .mismatch),
        Case("status out of range: damaged", found(row(status: 99)), .damaged(.status(99))),
        Case("status beyond 599: damaged", found(row(status: 600)), .damaged(.status(600))),
        Case("a replay form of a later version: damaged", found(row(form: 3)), .damaged(.replayForm(3))),
        Case("a replay form of a later version of another request: mismatch", found(row(other, form: 3)), .mismatch),
        Case(
            "a reference: replay, as one", found(row(body: [], form: 1)),
            .replay(
                StoredOutcome(
                    outcome: Outcome(status: 201, headers: headers), form: .reference, expiresAt: expiry))),
        Case(
            "headers of a later version: damaged", found(row(headers: [9])),
            .damaged(.headers(HeaderCodecError(.unknownVersion)))),
        Case("several rows reclaimed: damaged", .reclaimed(expiries: [time(0), time(0)]), .damaged(.severalRows)),
    ]

    @Test("a row that this unit has committed is its answer, expired, remembered or sealed; anybody else's is not")
    func own() {
        for expired in [false, true] {
            for tombstone in [nil, 100.0] {
                var row = Self.row(expired: expired, tombstone: tombstone)
                let decide = { (row: StoredRow, own: Date) in
                    ClaimDecision.after(
                        .looked(inserted: false, row: row), fingerprint: Self.mine, startOvers: 0, own: own)
                }
                #expect(decide(row, Self.expiry) == Self.replay)
                let others = Self.expiry.addingTimeInterval(-1)
                #expect(decide(row, others) == (expired ? tombstone == nil ? .reclaim : .keyExpired : Self.replay))
                row.sealedWith = "key"
                #expect(decide(row, Self.expiry) == .unseal(row))
            }
        }
    }

    @Test("each row of the claim table", arguments: table)
    func decision(row: Case) {
        let decision = ClaimDecision.after(
            row.result, fingerprint: Self.mine, lateFrom: row.lateFrom, startOvers: row.startOvers)
        #expect(decision == row.expected)
    }
}
