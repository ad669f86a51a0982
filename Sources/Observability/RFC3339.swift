/// Wall times as text.
package enum RFC3339 {
    /// A wall time as RFC 3339 in UTC with milliseconds: `2025-01-31T23:59:59.123Z`.
    package static func text(wallNanoseconds: UInt64) -> String {
        let milliseconds = wallNanoseconds / 1_000_000
        let secondOfDay = Int(milliseconds / 1_000 % 86_400)
        let date = CivilDate(daysSince1970: Int(milliseconds / 86_400_000))
        return "\(padded(date.year, 4))-\(padded(date.month, 2))-\(padded(date.day, 2))T"
            + "\(padded(secondOfDay / 3_600, 2)):\(padded(secondOfDay / 60 % 60, 2)):\(padded(secondOfDay % 60, 2))."
            + "\(padded(Int(milliseconds % 1_000), 3))Z"
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

/// A day of the Gregorian calendar.
struct CivilDate: Equatable {
    var year: Int
    var month: Int
    var day: Int

    /// The day that many days after 1970-01-01.
    init(daysSince1970 days: Int) {
        // Years are counted from 1 March of year 0, so that the leap day is a year's last; 719,468 days lie between.
        let shifted = days + 719_468
        let cycle = shifted / 146_097
        let dayOfCycle = shifted % 146_097
        let yearOfCycle = (dayOfCycle - dayOfCycle / 1_460 + dayOfCycle / 36_524 - dayOfCycle / 146_096) / 365
        let dayOfYear = dayOfCycle - (365 * yearOfCycle + yearOfCycle / 4 - yearOfCycle / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = cycle * 400 + yearOfCycle + (month <= 2 ? 1 : 0)
    }
}
