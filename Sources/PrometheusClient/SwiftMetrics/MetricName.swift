/// Names as Prometheus wants them, from names that may be anything.
enum MetricName {
    /// A longer name is cut, bytes.
    private static let longestBytes = 200

    /// The name of a family, with the ending that its kind demands.
    static func family(_ label: String, _ shape: NamedFamily.Shape) -> String {
        var name = plain(label)
        switch shape {
        case .counter, .fractionCounter: return kept(name.dropping(suffix: "_total")) + "_total"
        case .timer:
            if !name.hasSuffix("_seconds") { name += "_seconds" }
            return name
        case .gauge, .histogram: return kept(name)
        }
    }

    /// Label names and their values; of two that become one name the first counts.
    static func labels(_ dimensions: [(String, String)]) -> [(name: String, value: String)] {
        var labels: [(name: String, value: String)] = []
        for (dimension, value) in dimensions {
            var name = plain(dimension)
            // Two underscores first are Prometheus' own.
            while name.hasPrefix("__") { name.removeFirst() }
            if name == "le" || name == "quantile" { name += "_" }
            if !labels.contains(where: { $0.name == name }) { labels.append((name, value)) }
        }
        return labels
    }

    /// Letters, digits and underscores, no digit first.
    private static func plain(_ text: String) -> String {
        var name = ""
        for scalar in text.unicodeScalars {
            guard name.utf8.count < longestBytes else { break }
            let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
            name.unicodeScalars.append(isPlain ? scalar : "_")
        }
        guard let first = name.utf8.first else { return "unnamed" }
        return (0x30...0x39).contains(first) ? "_" + name : name
    }

    /// The name, with a word more where its end would be taken for a part of another family.
    private static func kept(_ name: String) -> String {
        FamilyDescriptor.reservedEndings.contains { name.hasSuffix($0) } ? name + "_value" : name
    }
}
