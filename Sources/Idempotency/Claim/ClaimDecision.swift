import HTTPTypes
import LibPQ

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What follows from a claim: the table of the protocol's happy path as a pure function.
///
/// Every case but `claimed` and `reclaim` ends the transaction with ROLLBACK.
enum ClaimDecision: Sendable, Hashable {
    /// The key is ours until this transaction ends: run the work. Its outcome will be kept until then.
    case claimed(expiresAt: Date)
    /// The key's retention is over: try the guarded UPDATE, then decide again.
    case reclaim
    /// Completed earlier by the same request: answer this.
    case replay(StoredOutcome)
    /// Completed earlier by the same request, and encrypted: decrypt the row, then decide again.
    case unseal(StoredRow)
    /// The key's retention is over, and late retries are refused.
    case keyExpired
    /// The key belongs to another request.
    case mismatch
    /// Another transaction holds the key and did not end within the budget.
    case inFlight
    /// What was there went away in between, and nothing was persisted: claim again in a new transaction.
    case startOver
    /// Start over was due once too often.
    case giveUp
    /// The row exists and makes no sense. Running the work would risk a second effect: report and stop.
    case damaged(Damage)
    /// The claim failed for a reason that is not the protocol's.
    case failed(sqlState: String)

    /// What is wrong with a row.
    enum Damage: Sendable, Hashable {
        /// INSERT took the key, but SELECT does not see the row or sees another fingerprint (row-level security, a
        /// trigger).
        case ownRowHidden
        /// A committed row without status: nobody's claim, and nobody's outcome.
        case noOutcome
        /// The status is not one of HTTP.
        case status(Int)
        /// The replay form is none that this version knows.
        case replayForm(Int?)
        /// The header fields cannot be decoded.
        case headers(HeaderCodecError)
        /// The UPDATE of one key changed several rows: the primary key is missing.
        case severalRows
    }

    /// How often a claim starts over at most. Each time needs another transaction to end at just the wrong moment,
    /// three times in a row means something else is wrong; the client's retry asks again.
    static let maximumStartOvers = 3

    /// Decides.
    ///
    /// - Parameters:
    ///   - result: the database's answer.
    ///   - fingerprint: of the request that claims.
    ///   - lateFrom: from when on the key is refused unless its row lives; nil: it does not tell its age, or may be late.
    ///   - startOvers: how often this claim has started over already.
    ///   - own: the end of the retention of a claim that this unit may have committed; nil: of none.
    static func after(
        _ result: ClaimResult, fingerprint: Fingerprint, lateFrom: PostgresTimestampTZ? = nil, startOvers: Int,
        own: Date? = nil
    ) -> ClaimDecision {
        switch result {
        case .looked(inserted: true, let row):
            inserted(row, fingerprint: fingerprint, lateFrom: lateFrom)
        case .looked(inserted: false, row: nil):
            again(startOvers)
        case .looked(inserted: false, let row?):
            found(row, fingerprint: fingerprint, lateFrom: lateFrom, own: own)
        case .reclaimed(let expiries) where expiries.count > 1:
            .damaged(.severalRows)
        case .reclaimed(let expiries):
            expiries.first.map { .claimed(expiresAt: $0.orDistant) } ?? again(startOvers)
        case .failed(sqlState: "55P03"), .failed(sqlState: "57014"):
            // The server's statement_timeout may be shorter than the budget.
            .inFlight
        case .failed(sqlState: "40001"), .failed(sqlState: "40P01"):
            again(startOvers)
        case .failed(let sqlState):
            .failed(sqlState: sqlState)
        }
    }

    private static func inserted(
        _ row: StoredRow?, fingerprint: Fingerprint, lateFrom: PostgresTimestampTZ?
    ) -> ClaimDecision {
        guard let row, row.fingerprint == fingerprint.bytes else { return .damaged(.ownRowHidden) }
        if row.isLate(lateFrom) { return .keyExpired }
        return .claimed(expiresAt: row.expiresAt.orDistant)
    }

    /// A row of somebody else. Expiry comes first: an expired key has no owner whose fingerprint could differ.
    ///
    /// Whether a late retry is refused was promised when the key was claimed: the row decides, not the policy of now.
    ///
    /// What this very unit has committed is its answer, also when it took longer than the retention to find that out.
    private static func found(
        _ row: StoredRow, fingerprint: Fingerprint, lateFrom: PostgresTimestampTZ?, own: Date?
    ) -> ClaimDecision {
        if row.expired, row.expiresAt.orDistant != own {
            return row.remembered || row.isLate(lateFrom) ? .keyExpired : .reclaim
        }
        if row.isTombstone { return .keyExpired }
        guard row.fingerprint == fingerprint.bytes || Mutant.fingerprintIgnored.isActive else { return .mismatch }
        guard let status = row.status else { return .damaged(.noOutcome) }
        guard Outcome.statuses ~= status else { return .damaged(.status(status)) }
        guard let form = ReplayForm(column: row.replayForm) else { return .damaged(.replayForm(row.replayForm)) }
        if row.sealedWith != nil { return .unseal(row) }
        do {
            let headers = try row.headers.map { bytes throws(HeaderCodecError) in try HeaderCodec.decode(bytes) }
            let outcome = Outcome(status: status, headers: headers ?? [:], body: row.body ?? [])
            return .replay(StoredOutcome(outcome: outcome, form: form, expiresAt: row.expiresAt.orDistant))
        } catch {
            return .damaged(.headers(error))
        }
    }

    private static func again(_ startOvers: Int) -> ClaimDecision {
        startOvers < maximumStartOvers ? .startOver : .giveUp
    }
}

extension StoredRow {
    /// Whether the key was too old when the row was read. It is the same instant by which the row itself is judged, and after the claim's
    /// own INSERT: so no retry falls between a tombstone that is purged and an age that tells.
    fileprivate func isLate(_ lateFrom: PostgresTimestampTZ?) -> Bool { lateFrom.map { $0 <= readAt } ?? false }
}
