/// A whole number in a request's body.
///
/// `JSONDecoder` throws an error of its own for a number that does not fit (1.5, 9223372036854775808), which comes out as "not
/// valid JSON" without a path. This one has the path, so that the answer can name the field.
struct WholeNumber: Decodable, Sendable, Hashable {
    let value: Int64

    init(from decoder: any Decoder) throws {
        do {
            value = try decoder.singleValueContainer().decode(Int64.self)
        } catch let error where !(error is DecodingError) {
            throw DecodingError.dataCorrupted(
                DecodingError.Context(
                    codingPath: decoder.codingPath, debugDescription: "not a whole number of 64 bits",
                    underlyingError: error))
        }
    }
}
