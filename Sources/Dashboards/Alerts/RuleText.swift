/// Numbers and lengths of time as rules write them.
enum RuleText {
    /// A number without the `.0` of whole ones: `50`, `0.05`.
    static func of(_ number: Double) -> String {
        Int(exactly: number).map { "\($0)" } ?? "\(number)"
    }

    /// A length of time as Prometheus reads it, which knows no fractions: `2m`, `90s`.
    static func of(_ duration: Duration) -> String {
        let milliseconds = Int((duration / .milliseconds(1)).rounded(.up))
        guard milliseconds > 0 else { return "0s" }
        let units = [(3_600_000, "h"), (60_000, "m"), (1_000, "s"), (1, "ms")]
        let (size, unit) = units.first { milliseconds % $0.0 == 0 } ?? (1, "ms")
        return "\(milliseconds / size)\(unit)"
    }
}
