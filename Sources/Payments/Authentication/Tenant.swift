/// Who owns accounts, payments and keys: the scope of everything.
struct Tenant: Sendable, Hashable {
    let name: String

    /// The one tenant when authentication is off.
    static let demo = Tenant(name: "demo")
}
