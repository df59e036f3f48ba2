/// A Swift enum for an SQL enum: `enum Mood: String, PostgresEnum { case sad, happy }`.
///
/// The raw values are the labels. The SQL type has an OID that differs between databases, so none is sent: the server infers the
/// type of the parameter from where it stands, and `INSERT INTO people (mood) VALUES (\(mood))` or `WHERE mood = ANY (\(moods))` need no
/// cast. Where nothing tells the type, write it: `SELECT \(mood)::mood`. A text column takes the label as it is.
///
/// Reads enums and text types. Arrays cannot go into a COPY in binary format, which has no types to infer.
///
/// Source: PostgreSQL, "Enumerated Types", and "Type Conversion".
public protocol PostgresEnum: RawRepresentable<String>, PostgresCodable, PostgresArrayElement {}

extension PostgresEnum {
    /// Inferred by the server.
    public static var postgresType: PostgresType { .unspecified }
    /// Inferred by the server.
    public static var postgresArrayType: PostgresType { .unspecified }

    /// Reads the label.
    ///
    /// - Throws: `decodingFailed` for a label that is no case of this enum.
    public init(from cell: PostgresCell) throws(PostgresError) {
        guard let value = Self(rawValue: try String(from: cell)) else { throw cell.failure("a label without a case") }
        self = value
    }

    /// Writes the label.
    public func encode(into buffer: inout PostgresBuffer) throws(PostgresError) { try rawValue.encode(into: &buffer) }
}
