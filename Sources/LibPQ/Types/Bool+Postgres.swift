extension Bool: PostgresCodable {
    /// `bool`
    public static var postgresType: PostgresType { .bool }
    /// Reads bool.
    public init(from cell: PostgresCell) throws(PostgresError) {
        guard cell.type == .bool else { throw cell.failure("not a bool") }
        self = try cell.integer(as: UInt8.self) != 0
    }
    /// Writes 1 byte.
    public func encode(into buffer: inout PostgresBuffer) { buffer.write(self ? 1 as UInt8 : 0) }
}
