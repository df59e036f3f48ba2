internal import LibPQ

extension PostgresQuery.Interpolation {
    /// The rest of the outcome's SET: columns that are NULL under the default policy, which need not be sent then.
    mutating func appendInterpolation(rarelySet outcome: OutcomeColumns) {
        if let form = outcome.replayForm {
            appendLiteral(", replay_form = ")
            appendInterpolation(form)
            appendLiteral("::int2")
        }
        if let key = outcome.sealedWith {
            appendLiteral(", sealed_with = ")
            appendInterpolation(key)
        }
    }
}
