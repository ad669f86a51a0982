internal import FoundationEssentials
internal import Glibc
internal import Observability
internal import ProbeEvents

/// Metrics on their way out: a page in its own format, which families of it, and in which format.
package struct MetricExport: Sendable {
    private let page: [UInt8]
    private let source: MetricFormat
    /// Where the page is from, for faults.
    private let place: String

    /// A page that has been read from a probe or a file.
    package init(_ page: [UInt8], from place: String) {
        self.page = page
        self.place = place
        source = MetricFormat.of(page)
    }

    /// The page in a format, nil for its own; with patterns only families that one of them fits.
    package func bytes(
        _ format: MetricFormat? = nil, families patterns: [String] = []
    ) throws(MetricExportError) -> [UInt8] {
        let format = format ?? source
        if source == .json {
            guard format == .json else { throw .onlyJSON(place) }
            return try JSONPage(page, from: place).bytes(families: patterns)
        }
        var page: MetricPage
        do throws(MetricPageFault) {
            page = try MetricPage(self.page, isOpenMetrics: source == .openmetrics)
        } catch {
            throw .page(place, error)
        }
        try FamilyPattern.check(patterns, Set(page.families.flatMap(\.names)), place)
        if !patterns.isEmpty {
            page.families.removeAll { family in !family.names.contains { FamilyPattern.fits($0, patterns) } }
        }
        if format == .json { return Array(page.json(time: Self.now, from: source).utf8) }
        guard format == source else {
            return Array(page.text(isOpenMetrics: format == .openmetrics, from: source).utf8)
        }
        guard !patterns.isEmpty else { return self.page }
        let end = format == .openmetrics ? "# EOF\n" : ""
        return page.families.flatMap { self.page[$0.place] } + end.utf8
    }

    private static var now: String { RFC3339.text(wallNanoseconds: EventClock.now.wallNanoseconds) }
}

/// A page in JSON; a line break stands behind each family.
private struct JSONPage {
    private struct Named: Decodable {
        var name: String
    }

    private let head: ArraySlice<UInt8>
    private var families: [(name: String, bytes: ArraySlice<UInt8>)] = []
    private let place: String

    init(_ page: [UInt8], from place: String) throws(MetricExportError) {
        self.place = place
        let lines = page.split(separator: UInt8(ascii: "\n"))
        guard let first = lines.first,
            let start = first.firstRange(of: Array("\"families\":[".utf8))?.upperBound,
            lines.last?.suffix(2).elementsEqual("]}".utf8) == true
        else { throw .noPage(place) }
        head = page[..<start]
        for (number, line) in lines.enumerated() {
            var line = number == 0 ? line[start...] : line
            line = line.dropLast(number == lines.count - 1 ? 2 : 1)
            if line.isEmpty { continue }
            guard let name = try? JSONDecoder().decode(Named.self, from: Data(line)).name else { throw .noPage(place) }
            families.append((name, line))
        }
    }

    func bytes(families patterns: [String]) throws(MetricExportError) -> [UInt8] {
        try FamilyPattern.check(patterns, Set(families.map(\.name)), place)
        let kept = families.filter { patterns.isEmpty || FamilyPattern.fits($0.name, patterns) }
        return Array(head + kept.map(\.bytes).joined(separator: Array(",\n".utf8)) + Array("]}\n".utf8))
    }
}

/// Names of families as a person gives them, with `*` and `?` as in a shell.
private enum FamilyPattern {
    static func fits(_ name: String, _ patterns: [String]) -> Bool { patterns.contains { fnmatch($0, name, 0) == 0 } }

    /// Throws for the first that nothing fits.
    static func check(_ patterns: [String], _ names: Set<String>, _ place: String) throws(MetricExportError) {
        for pattern in patterns where !names.contains(where: { fits($0, [pattern]) }) {
            let nearest = NearestName.of(pattern, among: names).map { "did you mean \($0)?" }
            throw .noFamily(
                pattern, place,
                hint: nearest ?? (names.isEmpty ? "it has none at all" : "without --family it shows all"))
        }
    }
}

/// Why metrics do not go out.
package enum MetricExportError: ExplainedError, Hashable {
    /// The page has a fault.
    case page(String, MetricPageFault)
    /// It is JSON, but no page of metrics.
    case noPage(String)
    /// JSON goes out as JSON only.
    case onlyJSON(String)
    /// No family fits.
    case noFamily(String, String, hint: String)

    /// One line: what, where, what to do next.
    package var explanation: String {
        switch self {
        case .page(let place, let fault):
            "\(place):\(fault.line): the line \(fault.reason); see whether this is a whole page of metrics"
        case .noPage(let place):
            "\(place): JSON, but no page of metrics; save one with: cardlink-metrics export --format json"
        case .onlyJSON(let place):
            "\(place) is JSON, which goes out as JSON only; give --format json, or save the page in another format"
        case .noFamily(let pattern, let place, let hint): "\(place) has no family \(pattern); \(hint)"
        }
    }
}
