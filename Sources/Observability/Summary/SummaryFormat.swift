/// Numbers and names as the summary shows them.
package enum SummaryFormat {
    private struct Step {
        var unit: String
        var divisor: UInt64
        var decimals: Int
        /// The first rounded value that is too long for this step.
        var limit: UInt64
    }

    private static let latencySteps = [
        Step(unit: "µs", divisor: 100, decimals: 1, limit: 100),
        Step(unit: "µs", divisor: 1_000, decimals: 0, limit: 1_000),
        Step(unit: "ms", divisor: 100_000, decimals: 1, limit: 1_000),
        Step(unit: "ms", divisor: 1_000_000, decimals: 0, limit: 1_000),
        Step(unit: "s", divisor: 10_000_000, decimals: 2, limit: 1_000),
        Step(unit: "s", divisor: 100_000_000, decimals: 1, limit: 1_000),
        Step(unit: "s", divisor: 1_000_000_000, decimals: 0, limit: .max),
    ]

    /// What one command took: two or three digits, `3.1 ms`, `545 ms`, `1.23 s`.
    package static func latency(_ nanoseconds: UInt64) -> String {
        for step in latencySteps {
            let rounded = rounded(nanoseconds, step.divisor)
            if rounded < step.limit { return decimal(rounded, step.decimals) + " " + step.unit }
        }
        return "\(nanoseconds / 1_000_000_000) s"
    }

    /// How long something lasted: `3.1 ms`, `45.0 ms`, `0.42 s`, `12 min 5 s`, `3 h 12 min`.
    package static func span(_ nanoseconds: UInt64) -> String {
        if nanoseconds < 99_950_000 { return latency(nanoseconds) }
        let hundredths = rounded(nanoseconds, 10_000_000)
        if hundredths < 6_000 { return decimal(hundredths, 2) + " s" }
        let seconds = rounded(nanoseconds, 1_000_000_000)
        if seconds < 3_600 { return "\(seconds / 60) min \(seconds % 60) s" }
        return "\(seconds / 3_600) h \(seconds / 60 % 60) min"
    }

    /// Time spent waiting: whole milliseconds below ten seconds.
    package static func wait(_ nanoseconds: UInt64) -> String {
        let milliseconds = rounded(nanoseconds, 1_000_000)
        return milliseconds < 10_000 ? "\(milliseconds) ms" : span(nanoseconds)
    }

    /// A count in at most seven characters: exact below ten million.
    package static func count(_ count: UInt64) -> String {
        if count < 10_000_000 { return String(count) }
        for (unit, divisor) in [("M", 1_000_000), ("G", 1_000_000_000), ("T", 1_000_000_000_000)] as [(String, UInt64)]
        {
            let rounded = rounded(count, divisor)
            if rounded < 10_000 { return "\(rounded)\(unit)" }
        }
        return "> 10P"
    }

    /// A share as whole percent, at most 100; a share that would be 0 and is none is `<1%`.
    package static func percent(_ part: UInt64, of whole: UInt64) -> String {
        guard whole > 0, part > 0 else { return "0%" }
        let percent = Int((min(1, Double(part) / Double(whole)) * 100).rounded())
        return percent == 0 ? "<1%" : "\(percent)%"
    }

    /// A count with its noun: `1 session`, `2 sessions`.
    package static func plural(_ count: UInt64, _ noun: String, _ many: String? = nil) -> String {
        count == 1 ? "1 \(noun)" : "\(count) \(many ?? noun + "s")"
    }

    /// A name from outside, on one line: what could steer a terminal becomes `?`, and its middle goes when it is long.
    package static func name(_ name: String, limit: Int = 40) -> String {
        var text = ""
        for scalar in name.unicodeScalars.prefix(1_024) {
            text.unicodeScalars.append(isPrintable(scalar) ? scalar : "?")
        }
        guard text.count > limit else { return text }
        let tail = limit / 3
        return text.prefix(limit - tail - 1) + "…" + text.suffix(tail)
    }

    /// A test's name without the directory of its file, which pytest puts in front.
    package static func test(_ name: String, limit: Int = 48) -> String {
        let file = name.prefix { $0 != ":" }
        let begin = file.lastIndex(of: "/").map { name.index(after: $0) } ?? name.startIndex
        return Self.name(String(name[begin...]), limit: limit)
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
            .nonspacingMark, .enclosingMark, .spacingMark:
            false
        default: true
        }
    }

    /// Half is rounded up; no value overflows.
    private static func rounded(_ value: UInt64, _ divisor: UInt64) -> UInt64 {
        value / divisor + (value % divisor >= (divisor + 1) / 2 ? 1 : 0)
    }

    private static func decimal(_ value: UInt64, _ decimals: Int) -> String {
        guard decimals > 0 else { return String(value) }
        let digits = String(value)
        let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
        return padded.dropLast(decimals) + "." + padded.suffix(decimals)
    }
}
