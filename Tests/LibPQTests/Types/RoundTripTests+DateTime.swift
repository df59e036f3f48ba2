import LibPQ
import TestSupport
import Testing

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension RoundTripTests {
    private static let microsecondsPerDay: Int64 = 86_400_000_000
    private static let minimumTimestamp: Int64 = -211_813_488_000_000_000
    private static let maximumTimestamp: Int64 = 9_223_371_331_199_999_999

    @Test("date, from 4714 BC to the year 5874897, and infinity")
    func calendarDates() async throws {
        var random = SeededGenerator(for: "dates")
        var days = [
            -2_451_545, 2_145_031_948, 0, -1, 58, 59, 60, 365, 366, 36_524, 36_525, 146_096, 146_097, -730_121,
            -730_120,
            -730_425, -730_426, -730_485, -730_486,
        ]
        for _ in 0..<Self.rounds { days.append(Int.random(in: -2_451_545...2_145_031_948, using: &random)) }
        for _ in 0..<Self.rounds { days.append(Int.random(in: -800_000...50_000, using: &random)) }
        var dates = try days.map { try #require(PostgresDate(daysSince2000: $0)) }
        for century in stride(from: -4700, through: 10_000, by: 100) {  // three of four have no leap day
            for (month, day) in [(2, 28), (3, 1)] {
                dates.append(try #require(PostgresDate(year: century, month: month, day: day)))
            }
        }
        for date in dates {
            let (year, month, day) = try #require(date.yearMonthDay)
            #expect(PostgresDate(year: year, month: month, day: day) == date)
            #expect(date.utcMidnight.flatMap(PostgresDate.init(utcDayOf:)) == date)
        }
        try await withTestDatabase { database in
            let connection = try await database.connect()
            let all = dates + [.infinity, .negativeInfinity]
            try await check(all, "date", on: connection, text: \.description)
            try await check([all, []], "date[]", on: connection)
            try await check([nil, dates[0]], "date", on: connection)
            for date in dates {
                let (year, month, day, midnight) = try await connection.queryRow(
                    """
                    SELECT extract(year FROM \(date))::int, extract(month FROM \(date))::int, extract(day FROM \(date))::int,
                      extract(epoch FROM \(date))::bigint
                    """
                ).decode((Int, Int, Int, Int).self)
                let own = try #require(date.yearMonthDay)
                #expect(own == (year > 0 ? year : year + 1, month, day))  // the server has no year 0
                #expect(date.utcMidnight?.timeIntervalSince1970 == Double(midnight))
            }
        }
    }

    @Test("days that do not exist")
    func noDates() {
        for (year, month, day) in [
            (2023, 2, 29), (1900, 2, 29), (2024, 2, 30), (2024, 4, 31), (2024, 0, 1), (2024, 13, 1), (2024, 1, 0),
            (2024, 1, 32), (5_874_898, 1, 1), (-4713, 11, 23), (.max, 1, 1), (.min, 1, 1),
        ] {
            #expect(PostgresDate(year: year, month: month, day: day) == nil, "\(year)-\(month)-\(day)")
        }
        #expect(PostgresDate(year: 2000, month: 2, day: 29)?.description == "2000-02-29")
        #expect(PostgresDate(year: -4713, month: 11, day: 24)?.description == "4714-11-24 BC")
        #expect(PostgresDate(utcDayOf: Date(timeIntervalSince1970: -0.001))?.description == "1969-12-31")
        #expect(PostgresDate(utcDayOf: Date(timeIntervalSince1970: .infinity)) == nil)
        #expect(PostgresDate(utcDayOf: Date(timeIntervalSince1970: .nan)) == nil)
        #expect(PostgresDate.infinity.yearMonthDay == nil && PostgresDate.negativeInfinity.utcMidnight == nil)
        #expect(PostgresDate(daysSince2000: Int(Int32.max)) == nil)
    }

    @Test("time, with 24:00:00, and timetz")
    func times() async throws {
        var random = SeededGenerator(for: "times")
        var microseconds: [Int64] = [0, 1, 999_999, 100_000, 86_399_999_999, 86_400_000_000]
        for _ in 0..<Self.rounds { microseconds.append(.random(in: 0...Self.microsecondsPerDay, using: &random)) }
        let times = try microseconds.map { try #require(PostgresTime(microsecondsSinceMidnight: $0)) }
        for time in times {
            #expect(
                PostgresTime(
                    hour: time.hour, minute: time.minute, second: time.second, microsecond: time.microsecond) == time)
        }
        #expect(PostgresTime(microsecondsSinceMidnight: -1) == nil)
        #expect(PostgresTime(hour: 24, second: 1) == nil && PostgresTime(hour: 12, minute: 60) == nil)
        let distances = [0, 3600, -12_600, 1, -59, 57_599, -57_599]
        let zoned = times.flatMap { time in
            (distances + [.random(in: -57_599...57_599, using: &random)]).compactMap {
                PostgresTimeTZ(time, secondsFromGMT: $0)
            }
        }
        #expect(zoned.count == times.count * 8)
        #expect(PostgresTimeTZ(times[0], secondsFromGMT: 57_600) == nil)
        #expect(PostgresTimeTZ(times[0], secondsFromGMT: .min) == nil)
        try await withTestDatabase { database in
            let connection = try await database.connect()
            try await check(times, "time", on: connection, text: \.description)
            try await check([times, []], "time[]", on: connection)
            try await check(zoned, "timetz", on: connection, text: \.description)
            try await check([zoned.map { Optional($0) }, [nil]], "timetz[]", on: connection)
        }
    }

    @Test("timestamp and timestamptz to the microsecond over their whole range, and infinity")
    func timestamps() async throws {
        var random = SeededGenerator(for: "timestamps")
        var microseconds: [Int64] = [
            0, 1, -1, Self.minimumTimestamp, Self.maximumTimestamp, Self.microsecondsPerDay, -Self.microsecondsPerDay,
            -63_113_904_000_000_001, Int64.max, Int64.min,
        ]
        for _ in 0..<Self.rounds {
            microseconds.append(Int64.random(in: Self.minimumTimestamp...Self.maximumTimestamp, using: &random))
        }
        let plain = try microseconds.map { try #require(PostgresTimestamp(microsecondsSince2000: $0)) }
        let zoned = try microseconds.map { try #require(PostgresTimestampTZ(microsecondsSince2000: $0)) }
        for timestamp in plain where timestamp.isFinite {
            let (date, time) = (try #require(timestamp.date), try #require(timestamp.time))
            #expect(PostgresTimestamp(date, time) == timestamp)
            #expect(
                PostgresTimestampTZ(utc: date, time)?.microsecondsSince2000 == timestamp.microsecondsSince2000)
        }
        let outside: [Int64] = [Self.minimumTimestamp - 1, Self.maximumTimestamp + 1, .min + 1, .max - 1]
        for outside in outside {
            #expect(PostgresTimestamp(microsecondsSince2000: outside) == nil)
            #expect(PostgresTimestampTZ(microsecondsSince2000: outside) == nil)
        }
        try await withTestDatabase { database in
            let connection = try await database.connect()
            try await connection.execute("SET TIME ZONE 'UTC'")
            try await check(plain, "timestamp", on: connection, text: \.description)
            try await check([plain, []], "timestamp[]", on: connection)
            try await check(zoned, "timestamptz", on: connection, text: \.description)
            try await check([zoned, []], "timestamptz[]", on: connection)
            let quarter = Date(timeIntervalSinceReferenceDate: 0.25)
            let read = try await connection.queryRow("SELECT \(quarter)").decode(PostgresTimestampTZ.self)
            #expect(read == PostgresTimestampTZ(quarter))
            #expect(read.date == quarter)
            #expect(read.description == "2001-01-01 00:00:00.25+00")
        }
        #expect(PostgresTimestampTZ.infinity.date == nil && PostgresTimestamp.negativeInfinity.time == nil)
        #expect(
            PostgresTimestampTZ(.distantPast) != nil && PostgresTimestampTZ(Date(timeIntervalSince1970: 1e13)) == nil)
        #expect(PostgresTimestamp(.infinity, try #require(PostgresTime(hour: 0))) == nil)
    }

    @Test("interval, with its three fields apart")
    func intervals() async throws {
        var random = SeededGenerator(for: "intervals")
        let small: [PostgresInterval] =
            [
                .init(), .init(months: 1), .init(months: -1), .init(months: 14, days: -3, microseconds: 1),
                .init(months: -14, days: 1), .init(days: 1), .init(days: -1, microseconds: 1), .init(microseconds: -1),
                .init(days: -1, microseconds: -1), .init(microseconds: 3_600_000_000),
            ]
            + (0..<Self.rounds).map { _ in
                PostgresInterval(
                    months: .random(in: -30...30, using: &random), days: .random(in: -2...2, using: &random),
                    microseconds: .random(in: -9_000_000_000...9_000_000_000, using: &random))
            }
        // The server's parser does not take all that the server shows.
        let large: [PostgresInterval] =
            [
                .init(microseconds: .max), .init(microseconds: .min), .init(months: .max, days: .max),
                .init(months: .min, days: .min),
            ]
            + (0..<Self.rounds).map { _ in
                PostgresInterval(
                    months: .random(in: .min ... .max, using: &random),
                    days: .random(in: .min ... .max, using: &random),
                    microseconds: .random(in: .min ... .max, using: &random))
            }
        try await withTestDatabase { database in
            let connection = try await database.connect()
            try await check(small, "interval", on: connection, text: \.description)
            try await check([nil, small[0]], "interval", on: connection)
            try await check([small, []], "interval[]", on: connection)
            for interval in large {
                let (back, shown) = try await connection.queryRow("SELECT \(interval), \(interval)::text")
                    .decode((PostgresInterval, String).self)
                #expect(back == interval)
                #expect(shown == interval.description)
            }
        }
        #expect(PostgresInterval.infinity.description == "infinity")
        #expect(PostgresInterval.negativeInfinity.description == "-infinity")
    }

    @Test("Duration as an interval without months")
    func durations() async throws {
        var random = SeededGenerator(for: "durations")
        var durations: [Duration] = [
            .zero, .microseconds(1), .microseconds(-1), .seconds(86_400), .milliseconds(-1500),
        ]
        for _ in 0..<Self.rounds { durations.append(.microseconds(Int64.random(in: .min ... .max, using: &random))) }
        try await withTestDatabase { database in
            let connection = try await database.connect()
            try await check(durations, "interval", on: connection)
            try await check([durations, []], "interval[]", on: connection)
            let day = try await connection.queryRow("SELECT timestamptz '2024-03-02' - timestamptz '2024-03-01'")
            #expect(try day.decode(Duration.self) == .seconds(86_400))
        }
        #expect(PostgresInterval(exactly: .nanoseconds(1)) == nil)
        #expect(PostgresInterval(rounding: .nanoseconds(1500)) == PostgresInterval(microseconds: 2))
        #expect(PostgresInterval(rounding: .nanoseconds(-1499)) == PostgresInterval(microseconds: -1))
        #expect(PostgresInterval(exactly: .seconds(Int64.max)) == nil)
        for endless in [Duration.seconds(1e19), .seconds(-1e19)] {
            #expect(PostgresInterval(exactly: endless) == nil && PostgresInterval(rounding: endless) == nil)
        }
        #expect(PostgresInterval(exactly: .microseconds(Int64.max))?.microseconds == .max)
        #expect(PostgresInterval(exactly: .microseconds(Int64.min))?.microseconds == .min)
        #expect(Duration(exactly: PostgresInterval(months: 1)) == nil)
    }
}
