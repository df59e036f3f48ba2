/// Why a row cannot be decrypted, as a sentence for the log.
enum UnsealFailure: String, Error {
    case noKeyRing = "no key ring is configured"
    case noKey = "the key is not in the key ring"
    case notAuthentic = "it was not sealed in this row under this key, or changed since"
}
