/// What is stored of an answer, and so what a replay may contain.
public enum ReplayForm: Sendable, Hashable {
    /// The whole answer: status, header fields and body, byte for byte.
    case snapshot

    /// Status, `Location` and an identifier of the resource. The answer is rendered again for whoever asks, as they may see it
    /// now.
    case reference

    /// Nothing that could be repeated, because the answer holds a secret: a retry learns that the request was carried out (HTTP
    /// 409), with the first answer's `Location` as a pointer. It never runs again.
    case none
}
