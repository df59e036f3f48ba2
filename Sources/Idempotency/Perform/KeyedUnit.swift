/// One unit of work, as the ledger sees it.
struct KeyedUnit: Sendable {
    let scope: String
    let keyID: KeyID
    let fingerprint: Fingerprint
    let policy: IdempotencyPolicy

    var flightKey: FlightKey { FlightKey(scope: scope, keyID: keyID) }

    var retentionSeconds: Double { policy.retention.inSeconds }
}

extension Duration {
    /// As PostgreSQL multiplies intervals.
    var inSeconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) / 1e18
    }
}
