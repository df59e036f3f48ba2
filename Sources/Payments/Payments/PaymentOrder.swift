import HummingbirdIdempotency

/// The body of `POST /payments`: what somebody wants to pay.
struct PaymentOrder: Decodable, Sendable {
    let accountID: Int64
    let amount: Int64
    let currency: Currency
    let reference: String?

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        accountID = try container.decode(WholeNumber.self, forKey: .accountID).value
        amount = try container.decode(WholeNumber.self, forKey: .amount).value
        currency = try container.decode(Currency.self, forKey: .currency)
        reference = try container.decodeIfPresent(String.self, forKey: .reference)
    }

    enum CodingKeys: String, CodingKey {
        case accountID = "account_id"
        case amount
        case currency
        case reference
    }

    /// The longest reference, in characters as PostgreSQL counts them (Unicode scalars).
    static let maximumReference = 140

    /// - Throws: a 400 ``Problem`` that names the first field that is wrong.
    func validate() throws {
        if amount <= 0 { throw Problem.invalid(field: "amount", "The field amount must be greater than 0.") }
        try currency.validate()
        guard let reference else { return }
        if reference.unicodeScalars.count > Self.maximumReference {
            throw Problem.invalid(
                field: "reference", "The field reference must have at most \(Self.maximumReference) characters.")
        }
        // PostgreSQL's text cannot hold it.
        if reference.unicodeScalars.contains("\0") {
            throw Problem.invalid(field: "reference", "The field reference must not contain the character U+0000.")
        }
    }
}
