#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

extension UUID: PostgresCodable {
    /// `uuid`
    public static var postgresType: PostgresType { .uuid }

    /// Reads uuid.
    public init(from cell: PostgresCell) throws(PostgresError) {
        guard cell.type == .uuid else { throw cell.failure("not a uuid") }
        let high: UInt64 = try cell.integer()
        let low: UInt64 = try cell.integer(at: 8)
        self.init(uuid: unsafeBitCast((high.bigEndian, low.bigEndian), to: uuid_t.self))  // both are 16 plain bytes
    }

    /// Writes 16 bytes.
    public func encode(into buffer: inout PostgresBuffer) {
        withUnsafeBytes(of: uuid) { buffer.write($0) }
    }
}

extension Date: PostgresCodable {
    /// `timestamptz`
    public static var postgresType: PostgresType { .timestamptz }

    /// Reads timestamptz, and timestamp as UTC. Infinity is refused.
    ///
    /// A Date counts seconds from 2001 as a Double: it holds each microsecond for some decades around, and fewer the farther away.
    /// ``PostgresTimestampTZ`` holds all of them, and infinity.
    public init(from cell: PostgresCell) throws(PostgresError) {
        guard cell.type == .timestamptz || cell.type == .timestamp else { throw cell.failure("not a timestamptz") }
        let microseconds: Int64 = try cell.integer()
        guard microseconds != .max, microseconds != .min else { throw cell.failure("infinity has no Date") }
        self.init(microsecondsSince2000: microseconds)
    }

    /// Writes microseconds since 2000-01-01, rounded.
    ///
    /// - Throws: `encodingFailed` for a date outside of PostgreSQL's range.
    public func encode(into buffer: inout PostgresBuffer) throws(PostgresError) {
        guard let microsecondsSince2000 else {
            throw PostgresError(.encodingFailed, "a Date parameter is outside of timestamptz's range")
        }
        buffer.write(microsecondsSince2000)
    }

    init(microsecondsSince2000 microseconds: Int64) {
        let (seconds, rest) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
        self.init(timeIntervalSinceReferenceDate: Double(seconds) - Self.secondsTo2001 + Double(rest) / 1_000_000)
    }

    /// Rounded; nil outside of PostgreSQL's range.
    var microsecondsSince2000: Int64? {
        let seconds = timeIntervalSinceReferenceDate + Self.secondsTo2001
        let microseconds = Int64(exactly: (seconds * 1_000_000).rounded())
        return microseconds.flatMap { MicrosecondCount.range.contains($0) ? $0 : nil }
    }

    /// PostgreSQL counts from 2000-01-01, Foundation from 2001-01-01; 2000 was a leap year.
    private static let secondsTo2001 = 366.0 * 86_400
}

extension Data: PostgresCodable {
    /// `bytea`
    public static var postgresType: PostgresType { .bytea }
    /// Reads bytea.
    public init(from cell: PostgresCell) throws(PostgresError) { self.init(try [UInt8](from: cell)) }
    /// Writes the bytes.
    public func encode(into buffer: inout PostgresBuffer) { buffer.write(self) }
}

extension UUID: PostgresArrayElement {
    /// `uuid[]`
    public static var postgresArrayType: PostgresType { .uuidArray }
}
extension Date: PostgresArrayElement {
    /// `timestamptz[]`
    public static var postgresArrayType: PostgresType { .timestamptzArray }
}
extension Data: PostgresArrayElement {
    /// `bytea[]`
    public static var postgresArrayType: PostgresType { .byteaArray }
}
