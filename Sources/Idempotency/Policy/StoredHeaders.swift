public import HTTPTypes

/// Which header fields of an answer are stored and replayed.
///
/// Never those that would be wrong or a secret in a replay, `Date` and `Set-Cookie` among them; ``HeaderCodec`` has the list.
public enum StoredHeaders: Sendable, Hashable {
    /// All others.
    case all

    /// These, and the fields without which the body cannot be read: `Content-Type`, `Content-Encoding` and `Content-Language`.
    case only(Set<HTTPField.Name>)
}
