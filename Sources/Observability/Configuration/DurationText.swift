/// Lengths of time as people write them: `5s`, `1.5s`, `250ms`, `1m30s`, `30d`.
package enum DurationText {
    private static let units: [Substring: Double] = [
        "ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3_600, "d": 86_400,
    ]
    /// Longer than anything that is waited for, and far from the end of 64 bits of nanoseconds.
    private static let mostSeconds = 1e9

    /// Reads numbers, each with its unit; a number alone is of seconds where that is said.
    package static func duration(_ text: String, bareSeconds: Bool = false) -> Duration? {
        var rest = text[...]
        var seconds = 0.0
        repeat {
            let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            rest = rest.dropFirst(digits.count)
            let word = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(word.count)
            let isBare = bareSeconds && word.isEmpty && digits.count == text.count
            guard let number = Double(digits), let unit = isBare ? 1 : units[word] else { return nil }
            seconds += number * unit
        } while !rest.isEmpty
        guard seconds <= mostSeconds else { return nil }
        return .nanoseconds(Int64((seconds * 1e9).rounded()))
    }

    /// The shortest way to write a length of time that `duration` reads back.
    package static func text(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let nanoseconds = attoseconds / 1_000_000_000
        if nanoseconds == 0 { return "\(seconds)s" }
        if seconds == 0, nanoseconds % 1_000_000 == 0 { return "\(nanoseconds / 1_000_000)ms" }
        return "\(Double(seconds) + Double(nanoseconds) / 1e9)s"
    }
}
