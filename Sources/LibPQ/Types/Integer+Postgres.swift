extension Int16: PostgresCodable {
    /// `int2`
    public static var postgresType: PostgresType { .int2 }
    /// Reads int2, int4, int8 or oid that fits.
    public init(from cell: PostgresCell) throws(PostgresError) { self = try cell.exactInteger() }
    /// Writes 2 bytes.
    public func encode(into buffer: inout PostgresBuffer) { buffer.write(self) }
}

extension Int32: PostgresCodable {
    /// `int4`
    public static var postgresType: PostgresType { .int4 }
    /// Reads int2, int4, int8 or oid that fits.
    public init(from cell: PostgresCell) throws(PostgresError) { self = try cell.exactInteger() }
    /// Writes 4 bytes.
    public func encode(into buffer: inout PostgresBuffer) { buffer.write(self) }
}

extension Int64: PostgresCodable {
    /// `int8`
    public static var postgresType: PostgresType { .int8 }
    /// Reads int2, int4, int8 or oid.
    public init(from cell: PostgresCell) throws(PostgresError) { self = try cell.exactInteger() }
    /// Writes 8 bytes.
    public func encode(into buffer: inout PostgresBuffer) { buffer.write(self) }
}

extension Int: PostgresCodable {
    /// `int8`
    public static var postgresType: PostgresType { .int8 }
    /// Reads int2, int4, int8 or oid.
    public init(from cell: PostgresCell) throws(PostgresError) { self = try cell.exactInteger() }
    /// Writes 8 bytes.
    public func encode(into buffer: inout PostgresBuffer) { buffer.write(Int64(self)) }
}

extension UInt32: PostgresCodable, PostgresArrayElement {
    /// `oid`
    public static var postgresType: PostgresType { .oid }
    /// `oid[]`
    public static var postgresArrayType: PostgresType { .oidArray }
    /// Reads oid, xid, regclass and regtype, and int2, int4 or int8 that fits.
    public init(from cell: PostgresCell) throws(PostgresError) {
        switch cell.type {
        case .xid, .regclass, .regtype: self = try cell.integer()
        default: self = try cell.exactInteger()
        }
    }
    /// Writes 4 bytes.
    public func encode(into buffer: inout PostgresBuffer) { buffer.write(self) }
}

extension PostgresCell {
    /// Any of the SQL integer types, refused rather than wrapped when it does not fit.
    fileprivate func exactInteger<T: FixedWidthInteger>() throws(PostgresError) -> T {
        let wide: Int64
        switch type {
        case .int2: wide = Int64(try integer(as: Int16.self))
        case .int4: wide = Int64(try integer(as: Int32.self))
        case .int8: wide = try integer(as: Int64.self)
        case .oid: wide = Int64(try integer(as: UInt32.self))
        default: throw failure("not an integer")
        }
        guard let exact = T(exactly: wide) else { throw failure("out of range") }
        return exact
    }
}
