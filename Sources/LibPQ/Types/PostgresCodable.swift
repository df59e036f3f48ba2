/// A Swift value that can be bound as a parameter.
public protocol PostgresEncodable: Sendable {
    /// The SQL type that the parameter is declared as.
    ///
    /// With ``PostgresType/unspecified`` the server infers it from where the parameter stands, and ``encode(into:)`` writes text.
    static var postgresType: PostgresType { get }

    /// The SQL type that this very value is declared as: ``postgresType``, except for ``PostgresRaw``, which knows its own.
    var postgresValueType: PostgresType { get }

    /// Whether this value is SQL NULL. Only optionals are, by default.
    var isPostgresNull: Bool { get }

    /// Writes the value in PostgreSQL's binary format for ``postgresType``.
    func encode(into buffer: inout PostgresBuffer) throws(PostgresError)
}

extension PostgresEncodable {
    /// The same for all values.
    public var postgresValueType: PostgresType { Self.postgresType }
    /// False: only optionals are NULL.
    public var isPostgresNull: Bool { false }
}

/// A Swift value that can be read from a column.
public protocol PostgresDecodable: Sendable {
    /// Reads a value that is not NULL.
    ///
    /// - Throws: `decodingFailed`, made with ``PostgresCell/failure(_:file:line:)``, when the SQL type does not fit or the
    ///   value is out of range. Nothing is rounded or cut.
    init(from cell: PostgresCell) throws(PostgresError)

    /// What NULL becomes, or nil when this type has no place for NULL. Only optionals have, by default.
    static var postgresNull: Self? { get }
}

extension PostgresDecodable {
    /// Nil: NULL is an error unless an optional is asked for.
    public static var postgresNull: Self? { nil }
}

/// A value that goes both ways.
public typealias PostgresCodable = PostgresDecodable & PostgresEncodable

extension Optional: PostgresEncodable where Wrapped: PostgresEncodable {
    /// The wrapped type's.
    public static var postgresType: PostgresType { Wrapped.postgresType }
    /// The wrapped value's.
    public var postgresValueType: PostgresType { self?.postgresValueType ?? Wrapped.postgresType }
    /// Whether there is no value.
    public var isPostgresNull: Bool { self?.isPostgresNull ?? true }
    /// Writes the wrapped value.
    public func encode(into buffer: inout PostgresBuffer) throws(PostgresError) { try self?.encode(into: &buffer) }
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
    /// Reads the wrapped value.
    public init(from cell: PostgresCell) throws(PostgresError) { self = try Wrapped(from: cell) }
    /// NULL becomes nil.
    public static var postgresNull: Self? { .some(nil) }
}
