/// A key together with its scope: what can be in flight once.
struct FlightKey: Sendable, Hashable {
    /// Who owns the key.
    var scope: String

    /// The key.
    var keyID: KeyID
}
