import HummingbirdIdempotency

/// The body of `POST /payments/{id}/refunds`.
struct RefundOrder: Decodable, Sendable {
    let amount: Int64

    /// - Throws: a 400 ``Problem`` that names the field.
    func validate() throws {
        if amount <= 0 { throw Problem.invalid(field: "amount", "The field amount must be greater than 0.") }
    }
}
