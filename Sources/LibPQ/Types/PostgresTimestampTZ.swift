#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// A `timestamptz`: a point in time, to the microsecond, or an infinity.
///
/// Foundation's `Date` reads and binds `timestamptz` too, and is the usual choice. It counts seconds as a Double: that is exact to the
/// microsecond for some decades around 2001 and to about 16 microseconds in the year 5000, and it has no infinity.
///
/// Source: PostgreSQL, "Date/Time Types": 4713 BC to 294276 AD. The server keeps no time zone with it.
public struct PostgresTimestampTZ: Sendable, Hashable, Comparable {
    /// Microseconds from 2000-01-01 00:00:00 UTC on. The greatest and the least Int64 are the infinities.
    public let microsecondsSince2000: Int64

    /// Later than every point in time.
    public static let infinity = Self(unchecked: .max)
    /// Earlier than every point in time.
    public static let negativeInfinity = Self(unchecked: .min)

    private init(unchecked microseconds: Int64) { microsecondsSince2000 = microseconds }

    /// Nil outside of PostgreSQL's range.
    public init?(microsecondsSince2000 microseconds: Int64) {
        guard MicrosecondCount.isValid(microseconds) else { return nil }
        microsecondsSince2000 = microseconds
    }

    /// A day and a time of day in UTC. Nil for an infinite date and outside of PostgreSQL's range.
    public init?(utc date: PostgresDate, _ time: PostgresTime) {
        guard let microseconds = MicrosecondCount.join(date, time) else { return nil }
        microsecondsSince2000 = microseconds
    }

    /// The nearest microsecond. Nil outside of PostgreSQL's range.
    public init?(_ date: Date) {
        guard let microseconds = date.microsecondsSince2000 else { return nil }
        microsecondsSince2000 = microseconds
    }

    /// Whether this is no infinity.
    public var isFinite: Bool { self != .infinity && self != .negativeInfinity }
    /// The nearest Date. Nil for the infinities.
    public var date: Date? { isFinite ? Date(microsecondsSince2000: microsecondsSince2000) : nil }

    /// The earlier first.
    public static func < (a: Self, b: Self) -> Bool { a.microsecondsSince2000 < b.microsecondsSince2000 }
}

extension PostgresTimestampTZ: CustomStringConvertible {
    /// As the server shows it in ISO style with the time zone UTC: `2024-02-29 09:30:00.5+00`, `infinity`.
    public var description: String { MicrosecondCount.text(microsecondsSince2000, zone: "+00") }
}

extension PostgresTimestampTZ: PostgresCodable, PostgresArrayElement {
    /// `timestamptz`
    public static var postgresType: PostgresType { .timestamptz }
    /// `timestamptz[]`
    public static var postgresArrayType: PostgresType { .timestamptzArray }

    /// Reads timestamptz.
    public init(from cell: PostgresCell) throws(PostgresError) {
        guard cell.type == .timestamptz else { throw cell.failure("not a timestamptz") }
        guard let value = Self(microsecondsSince2000: try cell.integer()) else { throw cell.failure("out of range") }
        self = value
    }

    /// Writes 8 bytes.
    public func encode(into buffer: inout PostgresBuffer) { buffer.write(microsecondsSince2000) }
}
