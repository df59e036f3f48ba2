/// What the server answered.
struct Answer: Sendable, Equatable {
    var status: Int
    /// In their order, names as they came.
    var fields: [(name: String, value: String)]
    var body: [UInt8]

    init(_ status: Int, _ fields: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    /// The values of a field, one for each line.
    func values(_ name: String) -> [String] {
        fields.filter { $0.name.lowercased() == name }.map(\.value)
    }

    var isSuccess: Bool { 200..<300 ~= status }
    var isRefusal: Bool { 400..<500 ~= status }
    /// Stripe's marker.
    var isMarkedReplay: Bool { values("idempotent-replayed").contains { $0.lowercased() == "true" } }
    var json: JSONValue? { JSONValue(body) }

    static func == (one: Answer, other: Answer) -> Bool {
        one.status == other.status && one.body == other.body && one.fields.elementsEqual(other.fields) { $0 == $1 }
    }
}
