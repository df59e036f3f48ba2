/// Which rules a server is held to. docs/conformance.md names each profile's source and version.
package enum Profile: String, Sendable, CaseIterable {
    /// draft-ietf-httpapi-idempotency-key-header-07 with its own verbs; a bare key may be accepted.
    case ietf
    /// The same, each SHOULD of the draft taken as a MUST: bare keys refused, errors as problem+json.
    case ietfStrict = "ietf-strict"
    /// Stripe's API v1: keys are opaque, replays carry a marker.
    case stripe
    /// The Agentic Commerce Protocol's checkout: keys are opaque, errors have its own codes.
    case acp

    /// A key as this profile's ordinary client spells it: an RFC 9651 string, or its bare characters.
    package func spelling(of key: String) -> String {
        switch self {
        case .ietf, .ietfStrict: "\"\(key)\""
        case .stripe, .acp: key
        }
    }
}
