/// What `timestamp` and `timestamptz` have in common: microseconds from 2000-01-01 00:00:00 on, or an infinity.
enum MicrosecondCount {
    /// 4714-11-24 BC up to, not including, the year 294277. Source: PostgreSQL, `datatype/timestamp.h`.
    static let range: Range<Int64> = -211_813_488_000_000_000..<9_223_371_331_200_000_000

    static func isValid(_ microseconds: Int64) -> Bool {
        range.contains(microseconds) || microseconds == .max || microseconds == .min
    }

    /// The day and the time of day. Nil for the infinities.
    static func split(_ microseconds: Int64) -> (PostgresDate, PostgresTime)? {
        let day = Int(microseconds).floorDivided(by: Int(PostgresTime.microsecondsPerDay))
        guard range.contains(microseconds), let date = PostgresDate(daysSince2000: day),
            let time = PostgresTime(
                microsecondsSinceMidnight: microseconds - Int64(day) * PostgresTime.microsecondsPerDay)
        else { return nil }
        return (date, time)
    }

    /// Nil for an infinite date and out of range.
    static func join(_ date: PostgresDate, _ time: PostgresTime) -> Int64? {
        guard date.isFinite else { return nil }
        let (start, overflow) = Int64(date.daysSince2000).multipliedReportingOverflow(
            by: PostgresTime.microsecondsPerDay)
        guard !overflow else { return nil }
        let (sum, carry) = start.addingReportingOverflow(time.microsecondsSinceMidnight)
        return !carry && range.contains(sum) ? sum : nil
    }

    /// As the server shows it in ISO style.
    static func text(_ microseconds: Int64, zone: String) -> String {
        guard let (date, time) = split(microseconds), let (year, month, day) = date.yearMonthDay else {
            return microseconds > 0 ? "infinity" : "-infinity"
        }
        let civil = CivilDate(year: year, month: month, day: day)
        return "\(civil.text) \(time)\(zone)\(civil.era)"
    }
}
