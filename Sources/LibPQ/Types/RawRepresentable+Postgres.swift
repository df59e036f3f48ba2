/// A type with a raw value is stored as that value, once it says that it is `PostgresCodable`:
///
///     struct AccountID: RawRepresentable, PostgresCodable { var rawValue: UUID }
///
/// For SQL enums see ``PostgresEnum``.
extension PostgresEncodable where Self: RawRepresentable, RawValue: PostgresEncodable {
    /// The raw value's.
    public static var postgresType: PostgresType { RawValue.postgresType }
    /// Writes the raw value.
    public func encode(into buffer: inout PostgresBuffer) throws(PostgresError) { try rawValue.encode(into: &buffer) }
}

extension PostgresDecodable where Self: RawRepresentable, RawValue: PostgresDecodable {
    /// Reads the raw value.
    ///
    /// - Throws: `decodingFailed` also for a value that is none of `Self`.
    public init(from cell: PostgresCell) throws(PostgresError) {
        guard let value = Self(rawValue: try RawValue(from: cell)) else { throw cell.failure("not a raw value") }
        self = value
    }
}

extension PostgresArrayElement where Self: RawRepresentable, RawValue: PostgresArrayElement {
    /// The raw value's.
    public static var postgresArrayType: PostgresType { RawValue.postgresArrayType }
}
