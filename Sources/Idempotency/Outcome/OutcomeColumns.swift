/// An outcome as the columns of its row hold it.
struct OutcomeColumns: Sendable, Hashable {
    /// The status.
    var status: Int

    /// The header fields in ``HeaderCodec``'s form.
    var headers: [UInt8]

    /// The body.
    var body: [UInt8]

    /// What of the answer is stored: see ``ReplayForm/column``.
    var replayForm: Int?

    /// The name of the key under which header fields and body are encrypted; nil: they are not.
    var sealedWith: String?

    /// Takes what the policy lets be stored.
    ///
    /// - Throws: `.responseTooLarge` when its header section or its body is over the policy's limit; `.invalidOutcome` when no replay
    ///   could have its status.
    init(_ outcome: Outcome, under policy: IdempotencyPolicy) throws(IdempotencyError) {
        let (stored, form) = outcome.stored(under: policy)
        guard stored.headers.size <= policy.maximumResponseHeaders else {
            throw .responseHeadersTooLarge(limit: policy.maximumResponseHeaders)
        }
        guard Outcome.statuses ~= stored.status else { throw .invalidStatus(stored.status) }
        guard stored.body.count <= policy.maximumResponseBody else {
            throw .responseBodyTooLarge(limit: policy.maximumResponseBody)
        }
        status = stored.status
        headers = HeaderCodec.encode(stored.headers)
        body = stored.body
        replayForm = form.column
    }
}
