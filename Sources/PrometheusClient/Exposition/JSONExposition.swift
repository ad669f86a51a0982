/// A registry as one JSON object, family by family; each is read and written when it is asked for.
///
/// What its keys mean stands in the article on it. It is written here so that a large registry is never held as a tree.
public struct JSONExposition: Sequence, IteratorProtocol {
    /// The value of the HTTP header `Content-Type`.
    public static let contentType = "application/json"

    private enum Place {
        case begin, families, end
    }

    private var walk: RegistryWalk
    private let time: String
    private var place = Place.begin

    /// Starts over the families of a registry, after its scrape hooks have run.
    ///
    /// - Parameters:
    ///   - registry: whose families.
    ///   - time: the present time, as RFC 3339 has it.
    public init(of registry: Registry, time: String) {
        walk = RegistryWalk(of: registry)
        self.time = time
    }

    /// The next piece, a family at most; nil at the end.
    public mutating func next() -> [UInt8]? {
        var json = JSONText()
        switch place {
        case .begin:
            json.raw("{\"schema\":1,\"time\":")
            json.string(time)
            json.raw(",\"families\":[")
            if let first = walk.next() { json.write(first) }
            place = .families
        case .families:
            if let family = walk.next() {
                json.raw(",\n")
                json.write(family)
            } else {
                json.raw("]}\n")
                place = .end
            }
        case .end: return nil
        }
        return json.bytes
    }
}

/// JSON text as it grows.
private struct JSONText {
    private(set) var bytes: [UInt8] = []

    mutating func raw(_ text: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    mutating func string(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(contentsOf: [UInt8(ascii: "\\"), byte])
            case 0..<0x20:
                let digits = Array("0123456789abcdef".utf8)
                raw("\\u00")
                bytes.append(contentsOf: [digits[Int(byte >> 4)], digits[Int(byte & 15)]])
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// A comma before all but the first.
    mutating func separate(_ index: Int) {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
    }

    mutating func integer(_ value: UInt64) { bytes.append(contentsOf: String(value).utf8) }

    /// A number; what JSON has no number for is a string, as in Prometheus' own answers.
    mutating func number(_ value: Double) {
        let isNumber = value.isFinite
        if !isNumber { raw("\"") }
        NumberText.append(value, to: &bytes)
        if !isNumber { raw("\"") }
    }

    /// A key that ends in the unit: `"sum_seconds":`.
    mutating func key(_ name: StaticString, _ unit: MetricUnit) {
        bytes.append(UInt8(ascii: "\""))
        raw(name)
        if !unit.suffix.isEmpty { bytes.append(contentsOf: "_\(unit.suffix)".utf8) }
        raw("\":")
    }
}

extension JSONText {
    mutating func write(_ family: FamilySnapshot) {
        let descriptor = family.descriptor
        raw("{\"name\":")
        string(descriptor.name)
        raw(",\"type\":")
        string(descriptor.kind.rawValue)
        raw(",\"help\":")
        string(descriptor.help)
        raw(",\"unit\":")
        string(descriptor.unit.suffix)
        raw(",\"samples\":[")
        for (index, child) in family.children.enumerated() {
            separate(index)
            write(child, of: family)
        }
        raw("]}")
    }

    private mutating func write(_ child: ChildSnapshot, of family: FamilySnapshot) {
        raw("{\"labels\":")
        write(labels: zip(family.descriptor.labels.map(\.name), child.labelValues))
        raw(",")
        switch child.value {
        case .count(let count):
            raw("\"value\":")
            integer(count)
        case .number(let value):
            raw("\"value\":")
            number(value)
        case .histogram(let histogram): write(histogram, of: family)
        }
        if !child.exemplars.isEmpty { write(child.exemplars, family.descriptor.unit) }
        raw("}")
    }

    private mutating func write(labels: some Sequence<(String, String)>) {
        raw("{")
        for (index, (name, value)) in labels.enumerated() {
            separate(index)
            string(name)
            raw(":")
            string(value)
        }
        raw("}")
    }

    private mutating func write(_ exemplars: [Exemplar], _ unit: MetricUnit) {
        raw(",\"exemplars\":[")
        for (index, exemplar) in exemplars.enumerated() {
            separate(index)
            raw("{\"labels\":")
            write(labels: exemplar.labels.lazy.map { ($0.name, $0.value) })
            raw(",")
            key("value", unit)
            number(unit == .seconds ? Double(exemplar.value) / 1e9 : Double(exemplar.value))
            raw(",\"time_unix_seconds\":")
            NumberText.append(secondsOf: exemplar.wallNanoseconds, to: &bytes)
            raw("}")
        }
        raw("]")
    }

    private mutating func write(_ histogram: HistogramSnapshot, of family: FamilySnapshot) {
        let unit = family.descriptor.unit
        raw("\"count\":")
        integer(histogram.count)
        raw(",")
        key("sum", unit)
        number(histogram.sum)
        raw(",\"buckets\":[")
        var total: UInt64 = 0
        let bounds = family.bucketBounds + [.infinity]
        for (index, (bound, count)) in zip(bounds, histogram.bucketCounts).enumerated() {
            separate(index)
            raw("{")
            key("le", unit)
            number(bound)
            total &+= count
            raw(",\"count\":")
            integer(total)
            raw("}")
        }
        raw("]")
        if let fine = histogram.fine, fine.count > 0 { writeQuantiles(fine, unit) }
    }

    private mutating func writeQuantiles(_ fine: LogLinearHistogram, _ unit: MetricUnit) {
        raw(",\"quantiles\":{")
        let wanted: [(name: StaticString, fraction: Double)] = [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)]
        for (index, (name, fraction)) in wanted.enumerated() {
            separate(index)
            key(name, unit)
            number(Double(fine.quantile(fraction)) / 1e9)
        }
        raw("}")
    }
}
