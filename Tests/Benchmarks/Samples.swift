import TestSupport

/// The samples of an exposition by name and labels, labels in alphabetical order and bounds as numbers: what two
/// libraries that counted the same must agree on.
struct Samples {
    private(set) var values: [String: Double] = [:]

    /// Reads an exposition; label values hold no comma, quote or backslash here. Only names with the prefix count.
    init(_ exposition: [UInt8], prefix: String) throws {
        let wanted = Array(prefix.utf8)
        for line in exposition.split(separator: UInt8(ascii: "\n")) where line.starts(with: wanted) {
            guard let blank = line.lastIndex(of: UInt8(ascii: " ")),
                let value = Double(String(decoding: line[(blank + 1)...], as: UTF8.self))
            else { throw TestFailure("no sample: \(String(decoding: line, as: UTF8.self))") }
            values[Self.key(line[..<blank])] = value
        }
    }

    /// Samples from what arithmetic says.
    init(_ values: [String: Double]) { self.values = values }

    /// A key as ``init(_:prefix:)`` makes it.
    static func key(_ series: some Collection<UInt8>) -> String {
        let parts = series.split(separator: UInt8(ascii: "{"), maxSplits: 1)
        let name = String(decoding: parts[0], as: UTF8.self)
        guard parts.count == 2 else { return name }
        let labels = parts[1].dropLast().split(separator: UInt8(ascii: ",")).map { label in
            let text = String(decoding: label, as: UTF8.self)
            guard text.hasPrefix("le=\""), let bound = Double(text.dropFirst(4).dropLast()) else { return text }
            return "le=\"\(bound)\""
        }
        return name + "{" + labels.sorted().joined(separator: ",") + "}"
    }

    /// Throws unless both have the same samples with the same values; sums of fractions may differ in their last digits.
    func check(equals other: Samples, _ whose: String) throws {
        guard values.count == other.values.count else {
            throw TestFailure("\(whose) has \(other.values.count) samples, not \(values.count)")
        }
        for (key, value) in values {
            guard let theirs = other.values[key] else { throw TestFailure("\(whose) has no \(key)") }
            guard abs(value - theirs) <= abs(value) * 1e-9 else {
                throw TestFailure("\(whose) has \(theirs) for \(key), not \(value)")
            }
        }
    }
}
