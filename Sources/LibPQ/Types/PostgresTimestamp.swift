/// A `timestamp`: a date and a time of day without a time zone, to the microsecond, or an infinity.
///
/// For a point in time use `timestamptz`, read as ``PostgresTimestampTZ`` or as Foundation's `Date`.
///
/// Source: PostgreSQL, "Date/Time Types": 4713 BC to 294276 AD.
public struct PostgresTimestamp: Sendable, Hashable, Comparable {
    /// Microseconds from 2000-01-01 00:00:00 on. The greatest and the least Int64 are the infinities.
    public let microsecondsSince2000: Int64

    /// Later than every other.
    public static let infinity = Self(unchecked: .max)
    /// Earlier than every other.
    public static let negativeInfinity = Self(unchecked: .min)

    private init(unchecked microseconds: Int64) { microsecondsSince2000 = microseconds }

    /// Nil outside of PostgreSQL's range.
    public init?(microsecondsSince2000 microseconds: Int64) {
        guard MicrosecondCount.isValid(microseconds) else { return nil }
        microsecondsSince2000 = microseconds
    }

    /// A time on a day. Nil for an infinite date and outside of PostgreSQL's range; 24:00:00 is the next day's start.
    public init?(_ date: PostgresDate, _ time: PostgresTime) {
        guard let microseconds = MicrosecondCount.join(date, time) else { return nil }
        microsecondsSince2000 = microseconds
    }

    /// Whether this is no infinity.
    public var isFinite: Bool { self != .infinity && self != .negativeInfinity }
    /// The day. Nil for the infinities.
    public var date: PostgresDate? { MicrosecondCount.split(microsecondsSince2000)?.0 }
    /// The time of day. Nil for the infinities.
    public var time: PostgresTime? { MicrosecondCount.split(microsecondsSince2000)?.1 }

    /// The earlier first.
    public static func < (a: Self, b: Self) -> Bool { a.microsecondsSince2000 < b.microsecondsSince2000 }
}

extension PostgresTimestamp: CustomStringConvertible {
    /// As the server shows it in ISO style: `2024-02-29 09:30:00.5`, `0044-03-15 12:00:00 BC`, `infinity`.
    public var description: String { MicrosecondCount.text(microsecondsSince2000, zone: "") }
}

extension PostgresTimestamp: PostgresCodable, PostgresArrayElement {
    /// `timestamp`
    public static var postgresType: PostgresType { .timestamp }
    /// `timestamp[]`
    public static var postgresArrayType: PostgresType { .timestampArray }

    /// Reads timestamp.
    public init(from cell: PostgresCell) throws(PostgresError) {
        guard cell.type == .timestamp else { throw cell.failure("not a timestamp") }
        guard let value = Self(microsecondsSince2000: try cell.integer()) else { throw cell.failure("out of range") }
        self = value
    }

    /// Writes 8 bytes.
    public func encode(into buffer: inout PostgresBuffer) { buffer.write(microsecondsSince2000) }
}
