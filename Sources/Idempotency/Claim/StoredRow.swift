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

    /// Whether the retention was over by the database's clock when the row was read.
    var expired: Bool
}
