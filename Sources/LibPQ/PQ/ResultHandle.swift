internal import CLibPQ

/// Owns one `PGresult` and clears it once.
///
/// `@unchecked Sendable`: libpq documents that a `PGresult` is not changed after `PQgetResult` has returned it and may be
/// read from several threads (libpq, "Behavior in Threaded Programs"). Nothing here writes to it.
final class ResultHandle: CellOwner, @unchecked Sendable {
    private let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) { self.pointer = pointer }

    deinit { PQclear(pointer) }

    var status: ExecStatusType { PQresultStatus(pointer) }
    var rowCount: Int { Int(PQntuples(pointer)) }
    var columnCount: Int { Int(PQnfields(pointer)) }

    func columnName(_ column: Int) -> String { String(cString: PQfname(pointer, Int32(column))) }
    func columnType(_ column: Int) -> PostgresType { PostgresType(rawValue: PQftype(pointer, Int32(column))) }

    /// Whether a COPY goes in binary format.
    var isBinaryCopy: Bool { PQbinaryTuples(pointer) == 1 }

    /// The command tag, e.g. `INSERT 0 1`. Empty for statements without one.
    var commandTag: String { PQcmdStatus(pointer).map { String(cString: $0) } ?? "" }

    /// Rows that the statement inserted, changed, deleted or returned. 0 for statements that count nothing.
    var affectedRows: Int { PQcmdTuples(pointer).flatMap { Int(String(cString: $0)) } ?? 0 }

    /// The bytes of one value, nil for NULL. Valid while this object lives.
    func value(row: Int, column: Int) -> UnsafeRawBufferPointer? {
        if PQgetisnull(pointer, Int32(row), Int32(column)) == 1 { return nil }
        return UnsafeRawBufferPointer(
            start: PQgetvalue(pointer, Int32(row), Int32(column)),
            count: Int(PQgetlength(pointer, Int32(row), Int32(column))))
    }

    var diagnostics: ServerDiagnostics { Self.diagnostics(of: pointer) }

    /// For the notice receiver, which may look at a result that libpq owns and clears.
    static func diagnostics(of pointer: OpaquePointer) -> ServerDiagnostics {
        func field(_ code: Int32) -> String? { PQresultErrorField(pointer, code).map { String(cString: $0) } }
        var diagnostics = ServerDiagnostics()
        diagnostics.severity = field(CLIBPQ_DIAG_SEVERITY)
        diagnostics.sqlState = field(CLIBPQ_DIAG_SQLSTATE).map(SQLState.init(rawValue:))
        diagnostics.message = field(CLIBPQ_DIAG_MESSAGE)
        diagnostics.detail = field(CLIBPQ_DIAG_DETAIL)
        diagnostics.hint = field(CLIBPQ_DIAG_HINT)
        diagnostics.schema = field(CLIBPQ_DIAG_SCHEMA)
        diagnostics.table = field(CLIBPQ_DIAG_TABLE)
        diagnostics.column = field(CLIBPQ_DIAG_COLUMN)
        diagnostics.constraint = field(CLIBPQ_DIAG_CONSTRAINT)
        return diagnostics
    }
}
