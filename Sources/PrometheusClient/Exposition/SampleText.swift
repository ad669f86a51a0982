/// The text of a sample before its number.
enum SampleText {
    /// Writes `name{label="value",…} `, with `le` as the last label when a bound is given.
    static func append(
        name: String, labels: [LabelSpec], texts: [String], le bound: String? = nil, to text: inout [UInt8]
    ) {
        text.append(contentsOf: name.utf8)
        var separator = UInt8(ascii: "{")
        for (label, value) in zip(labels, texts) {
            text.append(separator)
            separator = UInt8(ascii: ",")
            text.append(contentsOf: label.name.utf8)
            text.append(contentsOf: "=\"".utf8)
            append(escaped: value, quotes: true, to: &text)
            text.append(UInt8(ascii: "\""))
        }
        if let bound {
            text.append(separator)
            separator = UInt8(ascii: ",")
            text.append(contentsOf: "le=\"\(bound)\"".utf8)
        }
        if separator == UInt8(ascii: ",") { text.append(UInt8(ascii: "}")) }
        text.append(UInt8(ascii: " "))
    }

    /// Writes text with backslash and line feed escaped, and the double quote where `quotes` asks for it.
    static func append(escaped value: String, quotes: Bool, to text: inout [UInt8]) {
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): text.append(contentsOf: "\\\\".utf8)
            case UInt8(ascii: "\n"): text.append(contentsOf: "\\n".utf8)
            case UInt8(ascii: "\"") where quotes: text.append(contentsOf: "\\\"".utf8)
            default: text.append(byte)
            }
        }
    }
}

/// The lines before a family's samples, in each format.
struct HeaderText: Sendable {
    private let text: [UInt8]
    private let openMetrics: [UInt8]

    init(_ descriptor: FamilyDescriptor) {
        text = Self.prometheusText(descriptor)
        openMetrics = Self.openMetricsText(descriptor)
    }

    /// The lines in one format.
    func lines(_ format: ExpositionFormat) -> [UInt8] {
        switch format {
        case .text: text
        case .openMetrics: openMetrics
        }
    }

    private static func prometheusText(_ descriptor: FamilyDescriptor) -> [UInt8] {
        let type = descriptor.kind == .info ? MetricKind.gauge : descriptor.kind
        var lines = Array("# HELP \(descriptor.name) ".utf8)
        SampleText.append(escaped: descriptor.help, quotes: false, to: &lines)
        lines.append(contentsOf: "\n# TYPE \(descriptor.name) \(type.rawValue)\n".utf8)
        return lines
    }

    private static func openMetricsText(_ descriptor: FamilyDescriptor) -> [UInt8] {
        let name = descriptor.baseName
        var lines = Array("# TYPE \(name) \(descriptor.kind.rawValue)\n".utf8)
        if !descriptor.unit.suffix.isEmpty, name.hasSuffix("_" + descriptor.unit.suffix) {
            lines.append(contentsOf: "# UNIT \(name) \(descriptor.unit.suffix)\n".utf8)
        }
        lines.append(contentsOf: "# HELP \(name) ".utf8)
        SampleText.append(escaped: descriptor.help, quotes: true, to: &lines)
        lines.append(UInt8(ascii: "\n"))
        return lines
    }
}
