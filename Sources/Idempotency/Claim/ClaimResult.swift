internal import LibPQ

/// What the database answered to a claim.
enum ClaimResult: Sendable, Hashable {
    /// INSERT and SELECT went through.
    ///
    /// - inserted: whether INSERT returned a row, that is, whether this transaction took the key.
    /// - row: what SELECT returned.
    case looked(inserted: Bool, row: StoredRow?)

    /// The guarded UPDATE that takes an expired key went through.
    ///
    /// - expiries: the new `expires_at` of each row that it changed.
    case reclaimed(expiries: [PostgresTimestampTZ])

    /// A statement of the claim failed.
    case failed(sqlState: String)
}
