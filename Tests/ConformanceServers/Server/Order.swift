import Foundation

/// What a client asks for: `{"reference": "r", "amount": 100}`.
struct Order: Decodable, Sendable {
    var reference: String
    var amount: Int
    /// Answered with 500, the first time.
    var fail: Bool?
    /// Takes a while.
    var slow: Bool?

    init?(_ body: String) {
        guard let order = try? JSONDecoder().decode(Order.self, from: Data(body.utf8)) else { return nil }
        self = order
    }
}
