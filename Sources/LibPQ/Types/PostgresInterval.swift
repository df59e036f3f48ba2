/// An `interval`: months, days and microseconds, which are kept apart because months and days differ in length.
///
/// Two are equal when all three fields are. SQL's `=` takes a month for 30 days and a day for 24 hours.
///
/// Source: PostgreSQL, "Date/Time Types", "Interval Input".
public struct PostgresInterval: Sendable, Hashable {
    /// Years are 12 months.
    public var months: Int32
    /// Weeks are 7 days.
    public var days: Int32
    /// Hours, minutes and seconds; may exceed a day.
    public var microseconds: Int64

    /// All three may be negative, each on its own. From PostgreSQL 17 on, all three at their greatest are `infinity` and all three at
    /// their least `-infinity`.
    public init(months: Int32 = 0, days: Int32 = 0, microseconds: Int64 = 0) {
        self.months = months
        self.days = days
        self.microseconds = microseconds
    }

    /// Later than every interval. PostgreSQL 17 and later.
    public static let infinity = Self(months: .max, days: .max, microseconds: .max)
    /// Earlier than every interval. PostgreSQL 17 and later.
    public static let negativeInfinity = Self(months: .min, days: .min, microseconds: .min)
}

extension PostgresInterval: CustomStringConvertible {
    /// As the server shows it in its style `postgres`: `1 year 2 mons -3 days +04:05:06.7`.
    public var description: String {
        if self == .infinity { return "infinity" }
        if self == .negativeInfinity { return "-infinity" }
        var parts: [String] = []
        var previousIsNegative = false
        for (value, unit) in [(months / 12, "year"), (months % 12, "mon"), (days, "day")] where value != 0 {
            parts.append("\(previousIsNegative && value > 0 ? "+" : "")\(value) \(unit)\(value == 1 ? "" : "s")")
            previousIsNegative = value < 0
        }
        if microseconds != 0 || parts.isEmpty {
            let magnitude = microseconds.magnitude
            let seconds = Int(magnitude / 1_000_000)
            let sign = microseconds < 0 ? "-" : previousIsNegative ? "+" : ""
            parts.append(
                "\(sign)\((seconds / 3600).padded(to: 2)):\((seconds / 60 % 60).padded(to: 2)):"
                    + "\((seconds % 60).padded(to: 2))\(PostgresTime.fraction(Int(magnitude % 1_000_000)))")
        }
        return parts.joined(separator: " ")
    }
}

extension PostgresInterval: PostgresCodable, PostgresArrayElement {
    /// `interval`
    public static var postgresType: PostgresType { .interval }
    /// `interval[]`
    public static var postgresArrayType: PostgresType { .intervalArray }

    /// Reads interval.
    public init(from cell: PostgresCell) throws(PostgresError) {
        guard cell.type == .interval else { throw cell.failure("not an interval") }
        self.init(months: try cell.integer(at: 12), days: try cell.integer(at: 8), microseconds: try cell.integer())
    }

    /// Writes 16 bytes.
    public func encode(into buffer: inout PostgresBuffer) {
        buffer.write(microseconds)
        buffer.write(days)
        buffer.write(months)
    }
}
