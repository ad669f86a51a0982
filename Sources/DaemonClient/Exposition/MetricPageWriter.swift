extension MetricPage {
    /// The page as text; what a format has no place for is left out: exemplars and times of creation in Prometheus text.
    package func text(isOpenMetrics: Bool, from source: MetricFormat) -> String {
        var lines = ""
        for family in families {
            let family = isOpenMetrics ? family.asOpenMetrics(from: source) : family.asText(from: source)
            lines += family.header(isOpenMetrics: isOpenMetrics)
            for sample in family.samples { lines += sample.line(isOpenMetrics: isOpenMetrics) }
        }
        return isOpenMetrics ? lines + "# EOF\n" : lines
    }
}

extension MetricPage.Family {
    fileprivate func header(isOpenMetrics: Bool) -> String {
        let help = MetricPage.escaped(help, quotes: isOpenMetrics)
        guard isOpenMetrics else {
            let kind = kind == .unknown ? "untyped" : kind.rawValue
            return "# HELP \(name) \(help)\n# TYPE \(name) \(kind)\n"
        }
        let unit = unit.isEmpty ? "" : "# UNIT \(name) \(unit)\n"
        return "# TYPE \(name) \(kind.rawValue)\n\(unit)# HELP \(name) \(help)\n"
    }

    /// A counter's ending goes; one without it is of no known type there.
    fileprivate func asOpenMetrics(from source: MetricFormat) -> MetricPage.Family {
        guard source != .openmetrics else { return self }
        var family = self
        if kind == .counter {
            if name.hasSuffix("_total") { family.name.removeLast("_total".count) } else { family.kind = .unknown }
        }
        for index in samples.indices {
            family.samples[index].timestamp = samples[index].timestamp.flatMap(Int64.init).map(Self.seconds)
        }
        return family
    }

    /// A counter's ending comes, and an info is a gauge.
    fileprivate func asText(from source: MetricFormat) -> MetricPage.Family {
        guard source == .openmetrics else { return self }
        var family = self
        switch kind {
        case .counter: family.name += "_total"
        case .info:
            family.name += "_info"
            family.kind = .gauge
        case .stateset: family.kind = .gauge
        case .gaugehistogram: family.kind = .unknown
        default: break
        }
        family.samples.removeAll { kind.suffixes.contains("_created") && $0.name == name + "_created" }
        for index in family.samples.indices {
            family.samples[index].exemplar = nil
            family.samples[index].timestamp = family.samples[index].timestamp.flatMap(Double.init).map {
                String(Int64(max(-9e15, min(9e15, ($0 * 1_000).rounded()))))
            }
        }
        return family
    }

    private static func seconds(_ milliseconds: Int64) -> String { "\(Double(milliseconds) / 1_000)" }
}

extension MetricPage.Sample {
    fileprivate func line(isOpenMetrics: Bool) -> String {
        var line = "\(name)\(MetricPage.text(labels)) \(number)"
        if let timestamp { line += " \(timestamp)" }
        if let exemplar {
            line += " # \(exemplar.labels.isEmpty ? "{}" : MetricPage.text(exemplar.labels)) \(exemplar.number)"
            if let timestamp = exemplar.timestamp { line += " \(timestamp)" }
        }
        return line + "\n"
    }
}

extension MetricPage {
    fileprivate static func text(_ labels: [Label]) -> String {
        guard !labels.isEmpty else { return "" }
        return "{" + labels.map { "\($0.name)=\"\(escaped($0.value, quotes: true))\"" }.joined(separator: ",") + "}"
    }

    fileprivate static func escaped(_ text: String, quotes: Bool) -> String {
        let text = text.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
        return quotes ? text.replacing("\"", with: "\\\"") : text
    }
}
