internal import LibPQ

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// A row of the ledger, as the claim's SELECT sees it. Columns are kept raw: what they mean is decided by
/// ``ClaimDecision``.
struct StoredRow: Sendable, Hashable {
    /// The fingerprint of the request that owns the key.
    var fingerprint: [UInt8]

    /// The outcome's status; NULL only inside the transaction that claims.
    var status: Int?

    /// The outcome's header fields in ``HeaderCodec``'s form; NULL means none.
    var headers: [UInt8]?

    /// The outcome's body; NULL means empty.
    var body: [UInt8]?

    /// What of the answer is stored: see ``ReplayForm/column``.
    var replayForm: Int?

    /// The name of the key under which header fields and body are encrypted; NULL: they are not.
    var sealedWith: String?

    /// When the retention is over.
    var expiresAt: PostgresTimestampTZ

    /// Until when a retry after the retention is refused; NULL: it counts as new.
    var tombstoneUntil: PostgresTimestampTZ?

    /// What the database's clock said when the row was read: after INSERT had ended, and its wait for another transaction.
    var readAt: PostgresTimestampTZ

    /// Whether the retention was over.
    var expired: Bool { expiresAt <= readAt }

    /// Whether a retry after the retention is refused.
    var remembered: Bool { tombstoneUntil.map { $0 > readAt } ?? false }

    /// Whether the purge has left only this of the key: that it was used.
    var isTombstone: Bool { fingerprint.isEmpty }
}

extension PostgresTimestampTZ {
    /// For callers. A key that somebody made infinite by hand expires in the distant future to them.
    var orDistant: Date { date ?? .distantFuture }
}
