#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// A `date`: a day of the Gregorian calendar without a time zone, or an infinity.
///
/// Source: PostgreSQL, "Date/Time Types": 4713 BC to 5874897 AD.
public struct PostgresDate: Sendable, Hashable, Comparable {
    /// Days after 2000-01-01. The greatest and the least Int32 are the infinities.
    public let daysSince2000: Int32

    /// Later than every day.
    public static let infinity = Self(unchecked: .max)
    /// Earlier than every day.
    public static let negativeInfinity = Self(unchecked: .min)

    private init(unchecked days: Int32) { daysSince2000 = days }

    /// Nil for days that PostgreSQL does not have.
    public init?(daysSince2000 days: Int) {
        guard Self.range.contains(days) else { return nil }
        self.init(unchecked: Int32(days))
    }

    /// A day of the calendar. The year is astronomical: 0 is 1 BC, -43 is 44 BC.
    ///
    /// Nil for a day that does not exist, such as February 30, or that PostgreSQL does not have.
    public init?(year: Int, month: Int, day: Int) {
        guard Self.years.contains(year), 1...12 ~= month, 1...31 ~= day else { return nil }
        let civil = CivilDate(year: year, month: month, day: day)
        let days = civil.daysSince2000
        guard CivilDate(daysSince2000: days) == civil else { return nil }
        self.init(daysSince2000: days)
    }

    /// The day in UTC that a point in time falls on. Nil when PostgreSQL does not have it.
    public init?(utcDayOf date: Date) {
        let days = (date.timeIntervalSinceReferenceDate / Self.secondsPerDay).rounded(.down) + Self.daysTo2001
        guard let exact = Int(exactly: days) else { return nil }
        self.init(daysSince2000: exact)
    }

    /// Whether this is a day and no infinity.
    public var isFinite: Bool { self != .infinity && self != .negativeInfinity }

    /// The year (astronomical: 0 is 1 BC), the month from 1 and the day from 1. Nil for the infinities.
    public var yearMonthDay: (year: Int, month: Int, day: Int)? {
        civil.map { ($0.year, $0.month, $0.day) }
    }

    /// The start of the day in UTC. Nil for the infinities.
    public var utcMidnight: Date? {
        guard isFinite else { return nil }
        return Date(timeIntervalSinceReferenceDate: (Double(daysSince2000) - Self.daysTo2001) * Self.secondsPerDay)
    }

    private var civil: CivilDate? { isFinite ? CivilDate(daysSince2000: Int(daysSince2000)) : nil }

    /// The earlier day first.
    public static func < (a: Self, b: Self) -> Bool { a.daysSince2000 < b.daysSince2000 }

    /// 4714-11-24 BC up to, not including, the year 5874898. Source: PostgreSQL, `datatype/timestamp.h`.
    private static let range = -2_451_545..<2_145_031_949
    private static let years = -4713...5_874_897
    private static let secondsPerDay = 86_400.0
    /// Foundation counts from 2001-01-01; 2000 was a leap year.
    private static let daysTo2001 = 366.0
}

extension PostgresDate: CustomStringConvertible {
    /// As the server shows it in ISO style: `2024-02-29`, `0044-03-15 BC`, `infinity`.
    public var description: String {
        guard let civil else { return self == .infinity ? "infinity" : "-infinity" }
        return civil.text + civil.era
    }
}

extension PostgresDate: PostgresCodable, PostgresArrayElement {
    /// `date`
    public static var postgresType: PostgresType { .date }
    /// `date[]`
    public static var postgresArrayType: PostgresType { .dateArray }

    /// Reads date.
    public init(from cell: PostgresCell) throws(PostgresError) {
        guard cell.type == .date else { throw cell.failure("not a date") }
        let days: Int32 = try cell.integer()
        guard days == .max || days == .min || Self.range.contains(Int(days)) else { throw cell.failure("out of range") }
        self.init(unchecked: days)
    }

    /// Writes 4 bytes.
    public func encode(into buffer: inout PostgresBuffer) { buffer.write(daysSince2000) }
}
