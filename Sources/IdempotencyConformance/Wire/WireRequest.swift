/// A request, exactly as it goes out.
struct WireRequest: Sendable {
    var method: String
    var url: String
    /// One line for each, in this order.
    var fields: [(name: String, value: String)]
    var body: [UInt8]?
}
