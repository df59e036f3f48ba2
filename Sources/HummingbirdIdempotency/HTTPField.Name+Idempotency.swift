public import HTTPTypes

extension HTTPField.Name {
    /// `Idempotency-Key`, the client's name for one operation (draft-ietf-httpapi-idempotency-key-header-07, section 2).
    public static let idempotencyKey = HTTPField.Name("Idempotency-Key")!

    /// `Idempotent-Replayed: true` marks a stored answer. A first answer does not have the field. The name is Stripe's.
    public static let idempotentReplayed = HTTPField.Name("Idempotent-Replayed")!
}
