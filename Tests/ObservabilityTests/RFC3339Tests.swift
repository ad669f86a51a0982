import Foundation
import Testing

@testable import Observability

@Suite struct RFC3339Tests {
    @Test(arguments: [
        (UInt64(0), "1970-01-01T00:00:00.000Z"),
        (1_706_745_599_123_999_999, "2024-01-31T23:59:59.123Z"),
        (951_782_400_000_000_000, "2000-02-29T00:00:00.000Z"),
        (1_709_251_199_000_000_000, "2024-02-29T23:59:59.000Z"),
        (4_107_542_400_000_000_000, "2100-03-01T00:00:00.000Z"),
        (UInt64.max, "2554-07-21T23:34:33.709Z"),
    ])
    func text(nanoseconds: UInt64, expected: String) {
        #expect(RFC3339.text(wallNanoseconds: nanoseconds) == expected)
    }

    @Test func daysOfFourCenturies() {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = TimeZone(identifier: "UTC") ?? .gmt
        for day in stride(from: 0, to: 146_097, by: 13) {
            let parts = calendar.dateComponents(
                [.year, .month, .day], from: Date(timeIntervalSince1970: Double(day) * 86_400))
            let date = CivilDate(daysSince1970: day)
            #expect([date.year, date.month, date.day] == [parts.year, parts.month, parts.day])
        }
    }
}
