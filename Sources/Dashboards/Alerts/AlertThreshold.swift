internal import Observability

/// A number in a rule's expression that an operator may set.
package struct AlertThreshold: Sendable, Hashable {
    /// What a threshold counts in; decides how people write it.
    package enum Unit: String, Sendable {
        /// `5%` or `0.05`.
        case ratio
        /// `500ms`, `2s`; a number alone is of seconds.
        case seconds
        /// A whole number.
        case count
    }

    /// The name as options have it.
    package let name: String
    /// The value where nobody says another.
    package let fallback: Double
    /// What it counts in.
    package let unit: Unit
    /// The least and the greatest value that make sense.
    package let allowed: ClosedRange<Double>
    /// What it decides, for people.
    package let help: String

    init(_ name: String, _ fallback: Double, _ unit: Unit, _ allowed: ClosedRange<Double>, _ help: String) {
        (self.name, self.fallback, self.unit, self.allowed, self.help) = (name, fallback, unit, allowed, help)
    }

    /// What may stand there, in words.
    package var demand: String {
        let noun =
            switch unit {
            case .ratio: "share"
            case .seconds: "time"
            case .count: "whole number"
            }
        return "a \(noun) from \(text(allowed.lowerBound)) to \(text(allowed.upperBound))"
    }

    /// Reads a value as people write it; nil when it is none of this unit.
    package func value(of text: String) -> Double? {
        switch unit {
        case .ratio where text.hasSuffix("%"): Double(text.dropLast()).map { $0 / 100 }
        case .ratio: Double(text)
        case .seconds: DurationText.duration(text, bareSeconds: true).map { $0 / .seconds(1) }
        case .count: Int(text).map(Double.init)
        }
    }

    /// A value as people write it, which `value(of:)` reads back.
    package func text(_ value: Double) -> String {
        switch unit {
        case .ratio: "\(RuleText.of((value * 1e10).rounded() / 1e8))%"
        case .seconds: RuleText.of(.seconds(value))
        case .count: RuleText.of(value)
        }
    }
}
