public import HTTPTypes

extension HTTPField.Name {
    /// `Idempotency-Key`, the client's name for one operation (draft-ietf-httpapi-idempotency-key-header-07, section 2).
    public static let idempotencyKey = HTTPField.Name("Idempotency-Key")!

    /// `Idempotent-Replayed: true` marks a stored answer. A first answer does not have the field. The name is Stripe's.
    public static let idempotentReplayed = HTTPField.Name("Idempotent-Replayed")!

    /// `Idempotency-Key-Expires: @1764099197` says until when an answer is kept, as a Date of RFC 9651 section 3.3.7: seconds since
    /// 1970, rounded down, by the database's clock.
    ///
    /// First answers that are stored have it, and their replays; refusals have not. The draft asks servers to publish how long keys are
    /// kept (section 2.3) and names no field for it; the name is this library's.
    public static let idempotencyKeyExpires = HTTPField.Name("Idempotency-Key-Expires")!

    /// `Prefer`, what a client would like, and may not get (RFC 7240 section 2).
    public static let prefer = HTTPField.Name("Prefer")!

    /// `Preference-Applied`, which preferences of the client the server followed (RFC 7240 section 3).
    public static let preferenceApplied = HTTPField.Name("Preference-Applied")!
}
