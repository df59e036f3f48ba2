import HummingbirdIdempotency

/// A currency as callers write it: three capital letters (ISO 4217).
struct Currency: Sendable, Hashable, Decodable {
    let code: String

    init(from decoder: any Decoder) throws {
        code = try decoder.singleValueContainer().decode(String.self)
    }

    /// - Throws: a 400 ``Problem``.
    func validate() throws {
        guard code.utf8.count == 3, code.utf8.allSatisfy({ (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) })
        else {
            throw Problem.invalid(
                field: "currency", "The field currency must be three capital letters, for instance EUR.")
        }
    }
}
