/// Reads Prometheus text and OpenMetrics; any bytes give a page or a fault with its line, in linear time.
struct MetricPageReader {
    private let bytes: [UInt8]
    private let isOpenMetrics: Bool
    private var families: [MetricPage.Family] = []
    private var known: Set<String> = []
    /// Where the family that is read begins.
    private var start = 0
    private var isEnded = false

    fileprivate init(_ bytes: [UInt8], isOpenMetrics: Bool) {
        self.bytes = bytes
        self.isOpenMetrics = isOpenMetrics
    }

    fileprivate mutating func read() throws(MetricPageFault) -> [MetricPage.Family] {
        var place = 0
        var number = 0
        while place < bytes.count {
            number += 1
            let end = bytes[place...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
            do throws(MetricLine.Fault) {
                try read(bytes[place..<end], at: place)
            } catch {
                throw MetricPageFault(line: number, reason: error.reason)
            }
            place = end + 1
            let last = families.indices.last
            if let last, !isEnded { families[last].place = families[last].place.lowerBound..<min(place, bytes.count) }
        }
        guard isEnded || !isOpenMetrics else {
            throw MetricPageFault(
                line: number + 1, reason: "is missing: OpenMetrics ends with # EOF, so this is a part only")
        }
        return families
    }

    private mutating func read(_ text: ArraySlice<UInt8>, at place: Int) throws(MetricLine.Fault) {
        guard !isEnded else { throw .init(reason: "stands behind # EOF") }
        var line = MetricLine(text, isOpenMetrics: isOpenMetrics)
        if isOpenMetrics, text.elementsEqual("# EOF".utf8) {
            isEnded = true
        } else if let keyword = line.keyword(["HELP", "TYPE", "UNIT"]) {
            let (name, rest) = try line.nameAndRest()
            if families.last?.name != name || families.last?.samples.isEmpty == false {
                try begin(name, at: place)
            }
            try describe(keyword, line.unescaped(rest), rest)
        } else if !text.allSatisfy(\.isBlank), text.first(where: { !$0.isBlank }) != UInt8(ascii: "#") {
            let sample = try line.sample()
            if families.last?.has(sample.name, isOpenMetrics: isOpenMetrics) != true {
                try begin(sample.name, at: place)
            }
            families[families.count - 1].samples.append(sample)
        } else if isOpenMetrics {
            throw .init(reason: "is neither a sample nor HELP, TYPE, UNIT or EOF")
        }
    }

    private mutating func begin(_ name: String, at place: Int) throws(MetricLine.Fault) {
        guard known.insert(name).inserted else {
            throw .init(reason: "goes on with \(name), whose lines ended above; a family stands in one place")
        }
        families.append(MetricPage.Family(name: name, place: place..<place))
    }

    private mutating func describe(
        _ keyword: String, _ text: String, _ raw: String
    ) throws(MetricLine.Fault) {
        let last = families.count - 1
        switch keyword {
        case "HELP": families[last].help = text
        case "UNIT" where isOpenMetrics: families[last].unit = raw
        case "TYPE":
            let known = isOpenMetrics ? raw : raw == "untyped" ? "unknown" : raw
            guard let kind = MetricPage.Kind(rawValue: known), isOpenMetrics || kind.isInText else {
                throw .init(reason: "has a type that there is not; there is: \(Self.kinds(isOpenMetrics))")
            }
            families[last].kind = kind
        default: break
        }
    }

    private static func kinds(_ isOpenMetrics: Bool) -> String {
        let kinds = MetricPage.Kind.allCases.filter { isOpenMetrics || $0.isInText }
        return kinds.map { !isOpenMetrics && $0 == .unknown ? "untyped" : $0.rawValue }.joined(separator: ", ")
    }
}

extension MetricPage {
    /// Reads a page in one of the text formats.
    package init(_ bytes: [UInt8], isOpenMetrics: Bool) throws(MetricPageFault) {
        var reader = MetricPageReader(bytes, isOpenMetrics: isOpenMetrics)
        families = try reader.read()
    }
}

extension MetricPage.Kind {
    /// Whether Prometheus text has it.
    fileprivate var isInText: Bool {
        switch self {
        case .counter, .gauge, .histogram, .summary, .unknown: true
        case .info, .stateset, .gaugehistogram: false
        }
    }
}

extension MetricPage.Family {
    /// Whether a sample of this name is one of the family's.
    fileprivate func has(_ sample: String, isOpenMetrics: Bool) -> Bool {
        guard sample.hasPrefix(name) else { return false }
        // In Prometheus text a counter's name has its ending already.
        let suffixes = !isOpenMetrics && kind == .counter ? [""] : kind.suffixes
        return suffixes.contains { sample.utf8.count == name.utf8.count + $0.utf8.count && sample.hasSuffix($0) }
    }
}
