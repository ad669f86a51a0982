import Observability
import PrometheusClient
import TestSupport
import Testing

@testable import DaemonClient

/// The reader of `cardlink-metrics` and the official parsers read the same in a page with every family.
@Suite struct PageReaderTests {
    @Test(arguments: OfficialParserTests.names, [ExpositionFormat.text, .openMetrics])
    func readsAsTheOfficialParser(name: String, format: ExpositionFormat) throws {
        let (collector, open) = OfficialParserTests.collector(named: name)
        let text = TextExposition.text(collector.registry, format: format)
        let isOpenMetrics = format == .openMetrics
        let official = try ParsedMetrics(text, isOpenMetrics ? .openmetrics : .text).families
        let page = try MetricPage(Array(text.utf8), isOpenMetrics: isOpenMetrics)
        #expect(page.families.map { $0.officialName(isOpenMetrics) } == official.map(\.name))
        #expect(page.families.map(\.kind.rawValue) == official.map(\.type))
        #expect(page.families.map(\.help) == official.map(\.help))
        #expect(!isOpenMetrics || page.families.map(\.unit) == official.map(\.unit))
        for (family, official) in zip(page.families, official) {
            #expect(family.samples.map(Sample.init) == official.samples.map(Sample.init), "\(family.name)")
        }
        // The families' places are all of the page but its end.
        let bytes = Array(text.utf8)
        let copied = page.families.flatMap { bytes[$0.place] } + (isOpenMetrics ? Array("# EOF\n".utf8) : [])
        #expect(copied == bytes)
        withExtendedLifetime(open) {}
    }

    private struct Sample: Equatable {
        var name: String
        var labels: [String: String]
        var value: Double
        var exemplar: ParsedMetrics.Exemplar?

        init(_ sample: MetricPage.Sample) {
            name = sample.name
            labels = Self.map(sample.labels)
            value = sample.value
            exemplar = sample.exemplar.map {
                .init(
                    labels: Self.map($0.labels), value: Double($0.number) ?? .nan,
                    time: $0.timestamp.flatMap(Double.init) ?? .nan)
            }
        }

        init(_ sample: ParsedMetrics.Sample) {
            name = sample.name
            labels = sample.labels
            value = sample.value
            exemplar = sample.exemplar
        }

        private static func map(_ labels: [MetricPage.Label]) -> [String: String] {
            Dictionary(labels.map { ($0.name, $0.value) }) { first, _ in first }
        }
    }
}

extension MetricPage.Family {
    /// Python's parser takes the ending off a counter's name in both formats.
    fileprivate func officialName(_ isOpenMetrics: Bool) -> String {
        !isOpenMetrics && kind == .counter && name.hasSuffix("_total") ? String(name.dropLast(6)) : name
    }
}
