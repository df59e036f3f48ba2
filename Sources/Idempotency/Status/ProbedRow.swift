internal import LibPQ

/// A row of the ledger, as a probe sees it.
struct ProbedRow: Sendable, Hashable {
    /// The outcome's status; NULL only inside the transaction that claims.
    var status: Int?

    /// When the key was claimed.
    var createdAt: PostgresTimestampTZ

    /// When the retention is over, or the memory of a tombstone.
    var expiresAt: PostgresTimestampTZ

    /// Whether the purge has left only this of the key: that it was used.
    var isTombstone: Bool

    /// What the database's clock said when the row was read.
    var readAt: PostgresTimestampTZ
}
