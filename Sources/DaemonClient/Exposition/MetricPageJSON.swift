internal import FoundationEssentials

extension MetricPage {
    /// The page as the probe itself answers it in JSON, without quantiles, which the text formats do not have.
    package func json(time: String, from source: MetricFormat) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let families = families.compactMap { family in
            (try? encoder.encode(JSONFamily(family, from: source))).map { String(decoding: $0, as: UTF8.self) }
        }
        return "{\"schema\":1,\"time\":\"\(time)\",\"families\":[\(families.joined(separator: ",\n"))]}\n"
    }
}

/// A number as JSON has it; what it has no number for is a text.
private struct JSONNumber: Encodable {
    let text: String

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let whole = UInt64(text) {
            try container.encode(whole)
        } else if let value = MetricNumber.value(text), value.isFinite {
            try container.encode(value)
        } else {
            try container.encode(text)
        }
    }
}

/// A key that is made of a name and a unit.
private struct JSONKey: CodingKey {
    let stringValue: String
    let intValue: Int? = nil

    init(_ name: String, unit: String = "") { stringValue = unit.isEmpty ? name : "\(name)_\(unit)" }
    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { nil }
}

private struct JSONFamily: Encodable {
    let family: MetricPage.Family
    let unit: String
    let name: String

    init(_ family: MetricPage.Family, from source: MetricFormat) {
        self.family = family
        let ending =
            switch family.kind {
            case .counter where source == .openmetrics: "_total"
            case .info: "_info"
            default: ""
            }
        name = family.name + ending
        // Prometheus text has no units but in names.
        let base = name.hasSuffix("_total") ? name.dropLast("_total".count) : name[...]
        unit = family.unit.isEmpty ? ["seconds", "bytes"].first { base.hasSuffix("_\($0)") } ?? "" : family.unit
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: JSONKey.self)
        try container.encode(name, forKey: JSONKey("name"))
        try container.encode(family.kind.rawValue, forKey: JSONKey("type"))
        try container.encode(family.help, forKey: JSONKey("help"))
        try container.encode(unit, forKey: JSONKey("unit"))
        try container.encode(samples, forKey: JSONKey("samples"))
    }

    private var samples: [JSONSample] {
        let shown = family.samples.filter {
            !family.kind.suffixes.contains("_created") || !$0.name.hasSuffix("_created")
        }
        guard family.kind == .histogram else { return shown.map { JSONSample(lines: [$0], bound: nil, unit: unit) } }
        var order: [[MetricPage.Label]] = []
        var lines: [[MetricPage.Label]: [MetricPage.Sample]] = [:]
        for sample in shown {
            let labels = sample.labels.filter { $0.name != "le" }
            if lines[labels] == nil { order.append(labels) }
            lines[labels, default: []].append(sample)
        }
        return order.map { JSONSample(lines: lines[$0] ?? [], bound: family.name, unit: unit) }
    }
}

private struct JSONSample: Encodable {
    /// One, or those of a histogram's child.
    let lines: [MetricPage.Sample]
    /// The name of the histogram.
    let bound: String?
    let unit: String

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: JSONKey.self)
        let labels = (lines.first?.labels ?? []).filter { bound == nil || $0.name != "le" }
        let texts = Dictionary(labels.map { ($0.name, $0.value) }) { first, _ in first }
        try container.encode(texts, forKey: JSONKey("labels"))
        if let bound {
            try encode(histogram: bound, to: &container)
        } else if let line = lines.first {
            try container.encode(JSONNumber(text: line.number), forKey: JSONKey("value"))
        }
        let exemplars = lines.compactMap(\.exemplar).map { JSONExemplar(exemplar: $0, unit: unit) }
        if !exemplars.isEmpty { try container.encode(exemplars, forKey: JSONKey("exemplars")) }
    }

    private func encode(histogram name: String, to container: inout KeyedEncodingContainer<JSONKey>) throws {
        if let count = lines.first(where: { $0.name == name + "_count" }) {
            try container.encode(JSONNumber(text: count.number), forKey: JSONKey("count"))
        }
        if let sum = lines.first(where: { $0.name == name + "_sum" }) {
            try container.encode(JSONNumber(text: sum.number), forKey: JSONKey("sum", unit: unit))
        }
        let buckets = lines.filter { $0.name == name + "_bucket" }.map { JSONBucket(sample: $0, unit: unit) }
        try container.encode(buckets, forKey: JSONKey("buckets"))
    }
}

private struct JSONBucket: Encodable {
    let sample: MetricPage.Sample
    let unit: String

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: JSONKey.self)
        let bound = sample.labels.first { $0.name == "le" }?.value ?? "+Inf"
        try container.encode(JSONNumber(text: bound), forKey: JSONKey("le", unit: unit))
        try container.encode(JSONNumber(text: sample.number), forKey: JSONKey("count"))
    }
}

private struct JSONExemplar: Encodable {
    let exemplar: MetricPage.Exemplar
    let unit: String

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: JSONKey.self)
        let texts = Dictionary(exemplar.labels.map { ($0.name, $0.value) }) { first, _ in first }
        try container.encode(texts, forKey: JSONKey("labels"))
        try container.encode(JSONNumber(text: exemplar.number), forKey: JSONKey("value", unit: unit))
        if let time = exemplar.timestamp {
            try container.encode(JSONNumber(text: time), forKey: JSONKey("time_unix_seconds"))
        }
    }
}
