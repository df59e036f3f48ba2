/// What a probe says about a key, as a pure function.
enum StatusDecision: Sendable, Hashable {
    /// The answer; nil when there is nothing that a retry would get.
    case answer(KeyStatus?)
    /// The row exists and makes no sense.
    case damaged(ClaimDecision.Damage)

    /// Decides.
    ///
    /// - Parameters:
    ///   - inserted: whether the probe's INSERT took the key: then nobody has it. The INSERT waits for whoever claims, reclaims or
    ///     purges it, so that otherwise no other transaction did when `row` was looked for.
    ///   - row: what was committed then; nil when it was deleted in between.
    static func after(inserted: Bool, row: ProbedRow?) -> StatusDecision {
        guard !inserted, let row, !row.isTombstone, row.expiresAt > row.readAt else { return .answer(nil) }
        guard let status = row.status else { return .damaged(.noOutcome) }
        guard 100...599 ~= status else { return .damaged(.status(status)) }
        return .answer(
            .done(status: status, createdAt: row.createdAt.orDistant, expiresAt: row.expiresAt.orDistant))
    }
}
