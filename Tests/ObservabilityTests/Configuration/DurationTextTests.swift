import Testing

@testable import Observability

struct DurationTextTests {
    @Test(
        arguments: [
            ("5s", .seconds(5)), ("1.5s", .milliseconds(1_500)), ("500ms", .milliseconds(500)),
            ("1m30s", .seconds(90)), ("2h", .seconds(7_200)), ("0s", .zero), ("7us", .microseconds(7)),
            ("7µs", .microseconds(7)), ("0.1s", .milliseconds(100)), ("5", nil), ("", nil), ("s", nil), ("-1s", nil),
            ("5 s", nil), ("1e3s", nil), ("1..5s", nil), ("5d", .seconds(432_000)), ("5w", nil), ("s5", nil),
            ("9999999999s", nil),
            ("99999999999999999999999999999999999999h", nil), (".s", nil), ("٣s", nil), ("5s5", nil),
        ] as [(String, Duration?)])
    func units(text: String, expected: Duration?) { #expect(DurationText.duration(text) == expected) }

    @Test(
        arguments: [("5", .seconds(5)), ("2.5", .milliseconds(2_500)), ("5s", .seconds(5)), ("5s5", nil), (".", nil)]
            as [(String, Duration?)])
    func aNumberAlone(text: String, expected: Duration?) {
        #expect(DurationText.duration(text, bareSeconds: true) == expected)
    }

    @Test(
        arguments: [
            (.seconds(5), "5s"), (.milliseconds(500), "500ms"), (.milliseconds(1_500), "1.5s"), (.zero, "0s"),
            (.seconds(3_600), "3600s"),
        ] as [(Duration, String)])
    func asText(duration: Duration, expected: String) {
        #expect(DurationText.text(duration) == expected)
        #expect(DurationText.duration(expected) == duration)
    }
}
