import Hummingbird

/// An account: how much of which currency a tenant has. Amounts are in minor units (cents).
struct Account: Sendable, Hashable, ResponseEncodable {
    let id: Int64
    let balance: Int64
    let currency: String
}
