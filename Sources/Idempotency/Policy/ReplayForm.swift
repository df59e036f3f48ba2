/// What is stored of an answer, and so what a replay may contain.
///
/// The form is written into the key's row: a policy that is changed later holds for the keys that are used from then on. Errors, that is
/// answers of 400 and more, are stored whole under each form: they say why nothing came of the request. Keep secrets out of them.
public enum ReplayForm: Sendable, Hashable {
    /// The whole answer: status, header fields and body, byte for byte.
    case snapshot

    /// Status, `Location` and `Idempotency-Resource`, by which the service finds the resource again. The answer is rendered again for whoever asks, as they may see it
    /// now.
    case reference

    /// Nothing that could be repeated, because the answer holds a secret: a retry learns that the request was carried out (HTTP
    /// 409), with the first answer's `Location` as a pointer. It never runs again.
    case none
}
