/// How many duplicates may wait in memory, in one `Idempotency`, for the requests that run. One more is in flight (HTTP 409) at once.
///
/// A waiter holds no connection, but it is an open request with its body in memory.
public struct WaiterLimits: Sendable, Hashable {
    /// For one key. Default 64: a client that has more retries of one operation open is not helped by holding them.
    public var perKey: Int

    /// For all keys together. Default 4096: with bodies of the largest size that is 4 GiB, with usual ones of a kilobyte 4 MiB.
    public var total: Int

    /// Makes limits; what is not named has its default.
    public init(perKey: Int = 64, total: Int = 4096) {
        self.perKey = perKey
        self.total = total
    }

    /// Checks that the values make sense.
    ///
    /// - Throws: ``IdempotencyError`` with the code `.invalidConfiguration` and a sentence that names the value that is wrong.
    public func validate() throws(IdempotencyError) {
        for (name, value) in [("perKey", perKey), ("total", total)] where value < 1 {
            throw IdempotencyError(
                .invalidConfiguration, "The waiter limits cannot be used: \(name) must be at least 1, but is \(value).")
        }
    }
}
