/// A day of the Gregorian calendar, extended to all times, and its number.
///
/// Years are astronomical: 0 is 1 BC, -1 is 2 BC. Source: PostgreSQL, "Date/Time Support", "History of Units", which counts so too.
struct CivilDate: Hashable {
    var year: Int
    var month: Int
    var day: Int

    /// Days in a cycle of leap years: 400 years.
    private static let cycle = 146_097
    /// Days from 0000-03-01 to 2000-01-01. Years are counted from March, so that the leap day is their last.
    private static let daysTo2000 = 730_425

    /// Takes them as they are.
    init(year: Int, month: Int, day: Int) {
        self.year = year
        self.month = month
        self.day = day
    }

    /// The day that is so many days after 2000-01-01.
    init(daysSince2000 days: Int) {
        let shifted = days + Self.daysTo2000
        let cycles = shifted.floorDivided(by: Self.cycle)
        let dayOfCycle = shifted - cycles * Self.cycle
        // Every fourth year has a day more, every hundredth has not, the last of the cycle has.
        let yearOfCycle = (dayOfCycle - dayOfCycle / 1460 + dayOfCycle / 36_524 - dayOfCycle / 146_096) / 365
        let dayOfYear = dayOfCycle - (365 * yearOfCycle + yearOfCycle / 4 - yearOfCycle / 100)
        // From March, months have 31, 30, 31, 30, 31 days over and over: 153 in five.
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = cycles * 400 + yearOfCycle + (month <= 2 ? 1 : 0)
    }

    /// Days after 2000-01-01.
    var daysSince2000: Int {
        let yearFromMarch = month <= 2 ? year - 1 : year
        let monthFromMarch = month <= 2 ? month + 9 : month - 3
        let cycles = yearFromMarch.floorDivided(by: 400)
        let yearOfCycle = yearFromMarch - cycles * 400
        let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
        let dayOfCycle = 365 * yearOfCycle + yearOfCycle / 4 - yearOfCycle / 100 + dayOfYear
        return cycles * Self.cycle + dayOfCycle - Self.daysTo2000
    }

    /// ISO 8601 without the era: `2024-02-29`, `0044-03-15`.
    var text: String {
        let shown = year > 0 ? year : 1 - year
        return "\(shown.padded(to: 4))-\(month.padded(to: 2))-\(day.padded(to: 2))"
    }

    /// What the server appends to a date before the year 1.
    var era: String { year > 0 ? "" : " BC" }
}

extension Int {
    /// The quotient rounded down, where `/` rounds to zero.
    func floorDivided(by divisor: Int) -> Int {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }

    /// In decimal, with zeros in front.
    func padded(to width: Int) -> String {
        let digits = String(self)
        return String(repeating: "0", count: Swift.max(0, width - digits.count)) + digits
    }
}
