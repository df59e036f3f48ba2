/// A `time`: a time of day without a date or time zone, to the microsecond; 24:00:00 is one.
///
/// Source: PostgreSQL, "Date/Time Types".
public struct PostgresTime: Sendable, Hashable, Comparable {
    /// 0 to 86,400,000,000.
    public let microsecondsSinceMidnight: Int64

    /// Nil outside of 0 to 86,400,000,000.
    public init?(microsecondsSinceMidnight microseconds: Int64) {
        guard 0...Self.microsecondsPerDay ~= microseconds else { return nil }
        microsecondsSinceMidnight = microseconds
    }

    /// Nil for anything but 00:00:00 to 23:59:59.999999 and 24:00:00.
    public init?(hour: Int, minute: Int = 0, second: Int = 0, microsecond: Int = 0) {
        guard 0...24 ~= hour, 0..<60 ~= minute, 0..<60 ~= second, 0..<1_000_000 ~= microsecond else { return nil }
        self.init(microsecondsSinceMidnight: Int64(((hour * 60 + minute) * 60 + second) * 1_000_000 + microsecond))
    }

    /// 0 to 24.
    public var hour: Int { Int(microsecondsSinceMidnight / 3_600_000_000) }
    /// 0 to 59.
    public var minute: Int { Int(microsecondsSinceMidnight / 60_000_000 % 60) }
    /// 0 to 59.
    public var second: Int { Int(microsecondsSinceMidnight / 1_000_000 % 60) }
    /// 0 to 999,999.
    public var microsecond: Int { Int(microsecondsSinceMidnight % 1_000_000) }

    /// The earlier first.
    public static func < (a: Self, b: Self) -> Bool { a.microsecondsSinceMidnight < b.microsecondsSinceMidnight }

    static let microsecondsPerDay: Int64 = 86_400_000_000
}

extension PostgresTime: CustomStringConvertible {
    /// As the server shows it: `09:30:00`, `23:59:59.5`.
    public var description: String {
        "\(hour.padded(to: 2)):\(minute.padded(to: 2)):\(second.padded(to: 2))\(Self.fraction(microsecond))"
    }

    /// The point and the decimals of a second, without zeros at the end; nothing for a whole one.
    static func fraction(_ microseconds: Int) -> String {
        if microseconds == 0 { return "" }
        var digits = microseconds.padded(to: 6)
        while digits.last == "0" { digits.removeLast() }
        return "." + digits
    }
}

extension PostgresTime: PostgresCodable, PostgresArrayElement {
    /// `time`
    public static var postgresType: PostgresType { .time }
    /// `time[]`
    public static var postgresArrayType: PostgresType { .timeArray }

    /// Reads time.
    public init(from cell: PostgresCell) throws(PostgresError) {
        guard cell.type == .time else { throw cell.failure("not a time") }
        guard let time = Self(microsecondsSinceMidnight: try cell.integer()) else { throw cell.failure("out of range") }
        self = time
    }

    /// Writes 8 bytes.
    public func encode(into buffer: inout PostgresBuffer) { buffer.write(microsecondsSinceMidnight) }
}
