/// One demand on a server. docs/conformance.md holds the table of all of them; a test compares it with ``all``.
package struct Check: Sendable, Hashable {
    /// The section of draft-ietf-httpapi-idempotency-key-header-07, or another source, and a name. Never changes.
    package let id: String
    /// What is expected, as half a sentence.
    package let demand: String
    /// Where that is written, or that it is an addition of this suite.
    package let source: String
    package let levels: Levels

    package static func == (one: Check, other: Check) -> Bool { one.id == other.id }

    package func hash(into hasher: inout Hasher) { hasher.combine(id) }

    /// Those of one profile, in their order.
    package static func all(of profile: Profile) -> [Check] {
        all.filter { $0.levels[profile] != nil }
    }
}
