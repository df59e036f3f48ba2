import HummingbirdIdempotency

/// The body of `POST /accounts`.
struct NewAccount: Decodable, Sendable {
    let balance: Int64
    let currency: Currency

    enum CodingKeys: String, CodingKey {
        case balance
        case currency
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        balance = try container.decode(WholeNumber.self, forKey: .balance).value
        currency = try container.decode(Currency.self, forKey: .currency)
    }

    /// - Throws: a 400 ``Problem`` that names the field.
    func validate() throws {
        if balance < 0 { throw Problem.invalid(field: "balance", "The field balance must not be negative.") }
        try currency.validate()
    }
}
