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
    /// - Throws: `.responseTooLarge` when its header section is over the policy's limit.
    init(_ outcome: Outcome, under policy: IdempotencyPolicy) throws(IdempotencyError) {
        let (stored, form) = outcome.stored(under: policy)
        guard stored.headerSize <= policy.maximumResponseHeaders else {
            throw .responseHeadersTooLarge(limit: policy.maximumResponseHeaders)
        }
        status = stored.status
        headers = HeaderCodec.encode(stored.headers)
        body = stored.body
        replayForm = form.column
    }
}

extension ReplayForm {
    /// The value of the column `replay_form`; nil, which is NULL, for the whole answer.
    var column: Int? {
        switch self {
        case .snapshot: nil
        case .reference: 1
        case .none: 2
        }
    }

    /// Reads the column; nil for a value that this version does not know.
    init?(column: Int?) {
        switch column {
        case nil: self = .snapshot
        case 1: self = .reference
        case 2: self = .none
        default: return nil
        }
    }
}
