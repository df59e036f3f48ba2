import HTTPTypes

/// How long a client asks to wait for a first request that still runs: `Prefer: wait=N` (RFC 7240 section 4.3).
///
/// It changes when an answer comes, never which: so the answer needs no `Vary: Prefer`, which RFC 7240 section 2 demands where a
/// preference varies what a cache may hand on. The 409 for its sake is not cacheable by itself (RFC 9110 section 15.1).
struct WaitPreference: Sendable, Hashable {
    /// What takes the place of the policy's `waitBudget`; zero rejects at once.
    let wait: Duration

    /// The preference of a request, if it has one and it counts.
    ///
    /// `wait=5` and `wait="5"` say the same. A value that is no `delta-seconds` (RFC 9111 section 1.2.2) is ignored.
    /// - Parameters:
    ///   - fields: the values of the request's `Prefer` fields, in order.
    ///   - cap: the longest wait, `IdempotencyPolicy.maximumPreferredWait`; zero ignores preferences.
    init?(parsing fields: [String], upTo cap: Duration) {
        guard cap > .zero, !fields.isEmpty, let value = Preferences(parsing: fields)["wait"], !value.isEmpty,
            value.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 })
        else { return nil }
        // More digits than an integer holds are a long time, too.
        wait = Int32(value).map { min(.seconds($0), cap) } ?? cap
    }

    /// `Preference-Applied: wait=N` (RFC 7240 section 3), in whole seconds, rounded down.
    var applied: HTTPField {
        HTTPField(name: .preferenceApplied, value: "wait=\(wait.components.seconds)")
    }
}
