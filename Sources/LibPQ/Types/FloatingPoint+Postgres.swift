extension Float: PostgresCodable {
    /// `float4`
    public static var postgresType: PostgresType { .float4 }
    /// Reads float4. A float8 is refused, because it would be rounded.
    public init(from cell: PostgresCell) throws(PostgresError) {
        guard cell.type == .float4 else { throw cell.failure("not a float4") }
        self.init(bitPattern: try cell.integer())
    }
    /// Writes 4 bytes.
    public func encode(into buffer: inout PostgresBuffer) { buffer.write(bitPattern) }
}

extension Double: PostgresCodable {
    /// `float8`
    public static var postgresType: PostgresType { .float8 }
    /// Reads float8 or float4.
    public init(from cell: PostgresCell) throws(PostgresError) {
        switch cell.type {
        case .float8: self.init(bitPattern: try cell.integer())
        case .float4: self.init(Float(bitPattern: try cell.integer()))
        default: throw cell.failure("not a float8 or float4")
        }
    }
    /// Writes 8 bytes.
    public func encode(into buffer: inout PostgresBuffer) { buffer.write(bitPattern) }
}
