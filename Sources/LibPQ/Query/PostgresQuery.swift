/// One SQL statement and its parameters.
///
///     let query: PostgresQuery = "UPDATE accounts SET balance = balance - \(amount) WHERE id = \(account)"
///
/// An interpolated value is a bind parameter, never text. Only `\(unescaped:)` writes text into the SQL.
public struct PostgresQuery: Sendable, ExpressibleByStringInterpolation, CustomStringConvertible {
    /// The text with `$1`, `$2`... for the parameters.
    public private(set) var sql: String
    /// The parameters.
    public private(set) var bindings = PostgresBindings()
    /// What went wrong while a value was interpolated, which cannot throw; thrown when the query is run.
    private(set) var encodingError: PostgresError?
    /// Whether the statement may be kept prepared on the server.
    private(set) var mayBePrepared = true

    /// Takes SQL text as it is, without parameters. Never pass anything that a user can influence.
    public init(unescaped sql: String) { self.sql = sql }

    /// A statement without parameters.
    public init(stringLiteral sql: String) { self.sql = sql }

    /// A statement with parameters.
    public init(stringInterpolation: Interpolation) {
        sql = String(decoding: stringInterpolation.sql, as: UTF8.self)
        bindings = stringInterpolation.bindings
        encodingError = stringInterpolation.encodingError
    }

    /// What it is kept prepared as.
    var cacheKey: StatementCache.Key { StatementCache.Key(sql: sql, parameters: bindings.parameters) }

    /// The same, but never kept prepared on the server: not worth a place, or not to be relied on.
    var unprepared: PostgresQuery {
        var query = self
        query.mayBePrepared = false
        return query
    }

    /// Why this cannot be sent; libpq or the server would only find out once the connection is committed to it.
    func invalidity(_ kind: StatementKind) -> PostgresError? {
        if let encodingError { return encodingError }
        if bindings.count > PostgresBindings.maximumCount {
            return PostgresError(
                .encodingFailed,
                "a statement has \(bindings.count) parameters, PostgreSQL takes \(PostgresBindings.maximumCount); bind an array",
                sql: sql)
        }
        if kind.containsNUL {
            return PostgresError(.encodingFailed, "the SQL text contains a NUL character", sql: sql)
        }
        return nil
    }

    /// The text; the parameters' values are not shown.
    public var description: String { sql }

    /// Builds a query from a literal.
    public struct Interpolation: StringInterpolationProtocol, Sendable {
        /// In UTF-8, which is cheaper to append to than a string.
        fileprivate var sql: [UInt8] = []
        fileprivate var bindings = PostgresBindings()
        fileprivate var encodingError: PostgresError?

        /// Reserves room.
        public init(literalCapacity: Int, interpolationCount: Int) {
            sql.reserveCapacity(literalCapacity + 3 * interpolationCount)
            bindings.reserveCapacity(interpolationCount)
        }

        /// SQL text.
        public mutating func appendLiteral(_ literal: String) { sql.append(contentsOf: literal.utf8) }

        /// A bind parameter.
        public mutating func appendInterpolation<Value: PostgresEncodable>(_ value: Value) {
            bind(value)
        }

        private mutating func bind(_ value: some PostgresEncodable) {
            do throws(PostgresError) {
                try bindings.append(value)
            } catch {
                encodingError = encodingError ?? error
            }
            sql.append(UInt8(ascii: "$"))
            switch bindings.count {
            case let number where number < 10: sql.append(UInt8(ascii: "0") + UInt8(number))
            case let number: sql.append(contentsOf: String(number).utf8)
            }
        }

        /// A bind parameter that may be NULL. Apart from the one above, because the compiler warns of an optional in an
        /// interpolation unless it finds one that is made for it.
        public mutating func appendInterpolation<Value: PostgresEncodable>(_ value: Value?) {
            bind(value)
        }

        /// SQL text that is no parameter: a table name, a direction. Never pass anything that a user can influence.
        public mutating func appendInterpolation(unescaped sql: String) { self.sql.append(contentsOf: sql.utf8) }
    }
}
