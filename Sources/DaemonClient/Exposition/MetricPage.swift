/// A page of metrics: families with their samples.
package struct MetricPage: Sendable, Hashable {
    /// In the order of the page.
    package var families: [Family]

    /// What a family holds.
    package enum Kind: String, Sendable, CaseIterable {
        case counter, gauge, histogram, summary, info, stateset, gaugehistogram, unknown

        /// What may follow the family's name in a sample's, in OpenMetrics.
        var suffixes: [String] {
            switch self {
            case .counter: ["_total", "_created"]
            case .histogram: ["_bucket", "_sum", "_count", "_created"]
            case .gaugehistogram: ["_bucket", "_gsum", "_gcount"]
            case .summary: ["", "_sum", "_count", "_created"]
            case .info: ["_info"]
            case .gauge, .stateset, .unknown: [""]
            }
        }
    }

    /// A family.
    package struct Family: Sendable, Hashable {
        /// As the page has it: a counter's with `_total` in Prometheus text, without in OpenMetrics.
        package var name: String
        package var kind: Kind = .unknown
        package var help: String = ""
        package var unit: String = ""
        package var samples: [Sample] = []
        /// The bytes of the page that it stands in, comments and blank lines before it included.
        package var place: Range<Int> = 0..<0
    }

    /// A line with a number.
    package struct Sample: Sendable, Hashable {
        package var name: String
        package var labels: [Label]
        /// The number as it stands there.
        package var number: String
        /// The timestamp as it stands there.
        package var timestamp: String?
        package var exemplar: Exemplar?

        /// The number.
        package var value: Double { MetricNumber.value(number) ?? .nan }
    }

    /// A label with its value.
    package struct Label: Sendable, Hashable {
        package var name: String
        package var value: String
    }

    /// A value behind a number.
    package struct Exemplar: Sendable, Hashable {
        package var labels: [Label]
        package var number: String
        package var timestamp: String?
    }
}

/// What is wrong with a page, and where.
package struct MetricPageFault: Error, Hashable {
    /// From 1.
    package let line: Int
    /// One line, without its place.
    package let reason: String
}

extension MetricPage.Family {
    /// The names that a person may mean it by: its own, and those of its samples.
    package var names: Set<String> { Set(samples.map(\.name)).union([name]) }
}

/// Numbers as both formats write them.
enum MetricNumber {
    /// The value of a text; nil for one that is no number there.
    static func value(_ text: some StringProtocol) -> Double? {
        switch text.lowercased() {
        case "nan": return .nan
        case "inf", "+inf": return .infinity
        case "-inf": return -.infinity
        default:
            // `Double` alone reads hexadecimal, too.
            guard text.utf8.allSatisfy(isInDecimal) else { return nil }
            return Double(text)
        }
    }

    private static func isInDecimal(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"):
            true
        default: false
        }
    }
}
