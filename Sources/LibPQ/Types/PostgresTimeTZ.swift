/// A `timetz`: a time of day and its distance from UTC. PostgreSQL advises against the type, because a distance without a date knows
/// no summer time.
///
/// Two are equal when time and distance are; SQL calls 12:00+00 and 13:00+01 different too, but orders them by the point in time.
///
/// Source: PostgreSQL, "Date/Time Types".
public struct PostgresTimeTZ: Sendable, Hashable {
    /// The local time.
    public let time: PostgresTime
    /// Seconds east of UTC, as Foundation counts: 7200 for `+02`. Within 16 hours, not including.
    public let secondsFromGMT: Int

    /// Nil when the distance is 16 hours or more.
    public init?(_ time: PostgresTime, secondsFromGMT: Int) {
        guard secondsFromGMT.magnitude < Self.limit else { return nil }
        self.time = time
        self.secondsFromGMT = secondsFromGMT
    }

    /// Source: PostgreSQL, `MAX_TZDISP_HOUR` in `datatype/timestamp.h`.
    private static let limit: UInt = 16 * 3600
}

extension PostgresTimeTZ: CustomStringConvertible {
    /// As the server shows it: `09:30:00+02`, `09:30:00-03:30`.
    public var description: String {
        let distance = abs(secondsFromGMT)
        let (minutes, seconds) = (distance / 60 % 60, distance % 60)
        var text = "\(time)\(secondsFromGMT < 0 ? "-" : "+")\((distance / 3600).padded(to: 2))"
        if minutes != 0 || seconds != 0 { text += ":\(minutes.padded(to: 2))" }
        if seconds != 0 { text += ":\(seconds.padded(to: 2))" }
        return text
    }
}

extension PostgresTimeTZ: PostgresCodable, PostgresArrayElement {
    /// `timetz`
    public static var postgresType: PostgresType { .timetz }
    /// `timetz[]`
    public static var postgresArrayType: PostgresType { .timetzArray }

    /// Reads timetz.
    public init(from cell: PostgresCell) throws(PostgresError) {
        guard cell.type == .timetz else { throw cell.failure("not a timetz") }
        // PostgreSQL counts west of UTC.
        guard let time = PostgresTime(microsecondsSinceMidnight: try cell.integer()),
            let value = Self(time, secondsFromGMT: -Int(try cell.integer(at: 8, as: Int32.self)))
        else { throw cell.failure("out of range") }
        self = value
    }

    /// Writes 12 bytes.
    public func encode(into buffer: inout PostgresBuffer) {
        buffer.write(time.microsecondsSinceMidnight)
        buffer.write(Int32(-secondsFromGMT))
    }
}
