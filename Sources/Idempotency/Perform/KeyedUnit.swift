internal import LibPQ

/// One unit of work, as the ledger sees it.
struct KeyedUnit: Sendable {
    let scope: String
    let keyID: KeyID
    let fingerprint: Fingerprint
    let policy: IdempotencyPolicy

    /// When the key is older than the retention, if late retries are refused and the key tells its age; nil otherwise.
    let lateFrom: PostgresTimestampTZ?

    init(scope: String, key: IdempotencyKey, keyID: KeyID, fingerprint: Fingerprint, policy: IdempotencyPolicy) {
        self.scope = scope
        self.keyID = keyID
        self.fingerprint = fingerprint
        self.policy = policy
        lateFrom = policy.lateRetries == .reexecute ? nil : key.uuidv7Time?.advanced(by: policy.retention)
    }

    var flightKey: FlightKey { FlightKey(scope: scope, keyID: keyID) }

    var retentionSeconds: Double { policy.retention.inSeconds }
}

extension PostgresTimestampTZ {
    /// Nil outside of PostgreSQL's range.
    fileprivate func advanced(by duration: Duration) -> Self? {
        Self(microsecondsSince2000: microsecondsSince2000 + Int64(duration / .microseconds(1)))
    }
}

extension Duration {
    /// As PostgreSQL multiplies intervals.
    var inSeconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) / 1e18
    }
}
