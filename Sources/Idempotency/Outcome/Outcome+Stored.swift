internal import HTTPTypes

extension Outcome {
    /// What is stored of this answer, and so all that a replay can repeat. Nothing else decides that.
    ///
    /// An error says why nothing came of the request: there is no resource to render again, and nothing to withhold. Whoever retries
    /// has to hear it again, so that it is a snapshot under each policy.
    func stored(under policy: IdempotencyPolicy) -> (outcome: Outcome, form: ReplayForm) {
        switch status < 400 ? policy.replay : .snapshot {
        case .snapshot:
            var stored = replayable
            if case .only(let names) = policy.storedHeaders {
                stored.headers = stored.headers.filtered { names.contains($0) || Self.needed.contains($0) }
            }
            return (stored, .snapshot)
        case .reference:
            let headers = replayable.headers.filtered { $0 == .location || $0 == .idempotencyResource }
            return (Outcome(status: status, headers: headers), .reference)
        case .none:
            return (Outcome(status: status, headers: replayable.headers.filtered { $0 == .location }), .none)
        }
    }

    /// Without these a body cannot be read.
    private static let needed: Set<HTTPField.Name> = [.contentType, .contentEncoding, .contentLanguage]
}

extension HTTPFields {
    /// The fields with these names, in the same order.
    fileprivate func filtered(_ isIncluded: (HTTPField.Name) -> Bool) -> HTTPFields {
        HTTPFields(filter { isIncluded($0.name) })
    }
}
