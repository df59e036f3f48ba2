import HummingbirdIdempotency

/// The body of `POST /accounts`.
struct NewAccount: Decodable, Sendable {
    let balance: Int64
    let currency: Currency

    /// - Throws: a 400 ``Problem`` that names the field.
    func validate() throws {
        if balance < 0 { throw Problem.invalid(field: "balance", "The field balance must not be negative.") }
        try currency.validate()
    }
}
