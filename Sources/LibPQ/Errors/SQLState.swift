/// A five-character PostgreSQL error code.
///
/// Errors are recognised by this code, never by their message text, which the server may translate.
///
/// Source: PostgreSQL, Appendix A, "PostgreSQL Error Codes".
public struct SQLState: RawRepresentable, Sendable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// The five characters, e.g. `23505`.
    public let rawValue: String

    /// Makes a code from its five characters. Any text is accepted, so that codes of extensions can be named.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Makes a code from a literal: `let code: SQLState = "23505"`.
    public init(stringLiteral value: StaticString) { self.rawValue = "\(value)" }

    /// The five characters.
    public var description: String { rawValue }

    /// The first two characters, which name the class of the error.
    public var errorClass: Substring { rawValue.prefix(2) }
}

extension SQLState {
    /// `01000`: a warning without a code of its own.
    public static let warning: SQLState = "01000"
    /// `08006`: the connection failed while it was in use.
    public static let connectionFailure: SQLState = "08006"
    /// `0A000`: not supported; also "cached plan must not change result type".
    public static let featureNotSupported: SQLState = "0A000"
    /// `23502`: a NULL where the column forbids it.
    public static let notNullViolation: SQLState = "23502"
    /// `23503`: a foreign key names a missing row.
    public static let foreignKeyViolation: SQLState = "23503"
    /// `23505`: a row with this key exists.
    public static let uniqueViolation: SQLState = "23505"
    /// `23514`: a CHECK constraint failed.
    public static let checkViolation: SQLState = "23514"
    /// `25006`: a write in a read-only transaction; the server may have become a standby.
    public static let readOnlySQLTransaction: SQLState = "25006"
    /// `25P02`: the transaction is aborted, statements are ignored until it ends.
    public static let inFailedSQLTransaction: SQLState = "25P02"
    /// `26000`: the prepared statement does not exist (any more).
    public static let invalidSQLStatementName: SQLState = "26000"
    /// `28000`: no rule of `pg_hba.conf` lets this role in.
    public static let invalidAuthorizationSpecification: SQLState = "28000"
    /// `28P01`: wrong password.
    public static let invalidPassword: SQLState = "28P01"
    /// `3D000`: no such database.
    public static let invalidCatalogName: SQLState = "3D000"
    /// `40001`: a serialization failure; run the transaction again.
    public static let serializationFailure: SQLState = "40001"
    /// `40003`: the server does not know whether the statement completed.
    public static let statementCompletionUnknown: SQLState = "40003"
    /// `40P01`: a deadlock was broken at this transaction's cost; run it again.
    public static let deadlockDetected: SQLState = "40P01"
    /// `42804`: an expression is of another type than its place wants; also a prepared parameter whose type was inferred before
    /// `ALTER TABLE`.
    public static let datatypeMismatch: SQLState = "42804"
    /// `42P01`: no such table.
    public static let undefinedTable: SQLState = "42P01"
    /// `53300`: the server has no connection slot left.
    public static let tooManyConnections: SQLState = "53300"
    /// `55P03`: a lock was not granted within `lock_timeout`, or at once with NOWAIT.
    public static let lockNotAvailable: SQLState = "55P03"
    /// `57014`: the statement was cancelled, by request or by `statement_timeout`.
    public static let queryCanceled: SQLState = "57014"
    /// `57P01`: the backend was terminated by an administrator or by a shutdown.
    public static let adminShutdown: SQLState = "57P01"
    /// `57P02`: another backend crashed, and the server restarts.
    public static let crashShutdown: SQLState = "57P02"
    /// `57P03`: the server is starting up, shutting down or recovering.
    public static let cannotConnectNow: SQLState = "57P03"

    /// Running the whole transaction again may succeed: `40001` and `40P01`.
    public var isTransactionRetryable: Bool { self == .serializationFailure || self == .deadlockDetected }
}
