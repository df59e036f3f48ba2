internal import LibPQ

extension PostgresQuery.Interpolation {
    /// The `tombstone_until` of a claim: until when a retry after the retention is refused; NULL for never.
    ///
    /// A UUIDv7 tells its age by itself, so that its row need not be kept longer than the retention, counted from the *key's* time. That
    /// is later than `expires_at` only when the client's clock runs ahead; a key from the far future is kept like one without time.
    mutating func appendInterpolation(tombstoneOf unit: KeyedUnit) {
        guard case .refuse(let remember) = unit.policy.lateRetries else { return appendLiteral("NULL") }
        let retention = unit.retentionSeconds
        let longest = retention + remember.inSeconds
        guard let lateFrom = unit.lateFrom else {
            appendLiteral("now() + ")
            appendInterpolation(longest)
            return appendLiteral(" * interval '1 second'")
        }
        appendLiteral("NULLIF(LEAST(GREATEST(")
        // The key's time was cut off to the millisecond, and nothing may come between this and the moment when its age tells.
        appendInterpolation(lateFrom)
        appendLiteral(" + interval '1 millisecond', now() + ")
        appendInterpolation(retention)
        appendLiteral(" * interval '1 second'), now() + ")
        appendInterpolation(longest)
        appendLiteral(" * interval '1 second'), now() + ")
        appendInterpolation(retention)
        appendLiteral(" * interval '1 second')")
    }
}
