/// A key together with its scope: what can be in flight once.
struct FlightKey: Sendable, Hashable {
    /// Who owns the key.
    let scope: Scope

    /// The key.
    let keyID: KeyID

    init(scope: String, keyID: KeyID) {
        self.scope = Scope(scope)
        self.keyID = keyID
    }
}
