import HummingbirdIdempotency

/// The body of `POST /payments/{id}/refunds`.
struct RefundOrder: Decodable, Sendable {
    let amount: Int64

    enum CodingKeys: String, CodingKey {
        case amount
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        amount = try container.decode(WholeNumber.self, forKey: .amount).value
    }

    /// - Throws: a 400 ``Problem`` that names the field.
    func validate() throws {
        if amount <= 0 { throw Problem.invalid(field: "amount", "The field amount must be greater than 0.") }
    }
}
