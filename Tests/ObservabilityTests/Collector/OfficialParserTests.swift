import Foundation
import ProbeEvents
import PrometheusClient
import SmartCard
import Synchronization
import TestSupport
import Testing

@testable import Observability

/// The official parsers of Prometheus and OpenMetrics read what we write, and read what was recorded.
@Suite struct OfficialParserTests {
    private static let trace = ["trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "span_id": "00f067aa0ba902b7"]

    /// In pairs, since this parser takes a quote in an exemplar's label for its end, escaped or not.
    private static let odd = "\"quoted\" \\\n é"

    /// A page with every family and an exemplar in each histogram and counter of which one can be shown.
    static func collector(named name: String) -> (Collector, [any Sendable]) {
        let collector = Collector(showsCreated: true)
        EveryFamily.record(in: collector, named: name)
        let open = EveryFamily.open(in: collector, named: name)
        let labels = trace.map { Exemplar.Label($0.key, $0.value) }
        let catalog = collector.catalog
        catalog.apduResponseTime[.select].setExemplar(
            43_000_000, labels: labels, wallNanoseconds: 1_700_000_000_250_000_000)
        catalog.apduData[.sent].setExemplar(32, labels: labels, wallNanoseconds: 1_700_000_000_000_000_001)
        catalog.apduCommands[.select, .at].setExemplar(1, labels: labels, wallNanoseconds: 1_700_000_000_000_000_000)
        catalog.testDuration[OpenLabel(name)].setExemplar(
            1_000_000_000, labels: [Exemplar.Label("odd", odd)], wallNanoseconds: 1_700_000_000_000_000_000)
        return (collector, open)
    }

    /// Names that a bench may have.
    static let names = [
        "left", "a \"quoted\" \\name\\", "two\nlines\\n", "Zürich 測試 😀", String(repeating: "x", count: 10_240),
        "\u{0}\r\u{1B}\u{2028}", "{a=\"b\"} 1 # EOF", " ", "a,b=\"c\",", "é" + String(repeating: "測", count: 5_000),
    ]

    @Test(arguments: names)
    func whatWasRecordedIsRead(name: String) throws {
        let (collector, open) = Self.collector(named: name)
        let text = TextExposition.text(collector.registry)
        let openMetrics = TextExposition.text(collector.registry, format: .openMetrics)
        let pages = try [ParsedMetrics(text, .text), ParsedMetrics(openMetrics, .openmetrics)]
        for page in pages {
            for sample in EveryFamily.samples(named: name) {
                let values = page.samples("cardlink_\(sample.name)", sample.labels).map(\.value)
                #expect(values == [sample.value], "\(sample.name)")
            }
        }
        let descriptors = collector.registry.descriptors
        #expect(pages[1].families.map(\.name) == descriptors.map(\.baseName))
        #expect(pages[1].families.map(\.type) == descriptors.map(\.kind.rawValue))
        #expect(pages[1].families.map(\.help) == descriptors.map(\.help))
        #expect(pages[0].families.map(\.help) == descriptors.map(\.help))
        let check = try Command.run(["promtool", "check", "metrics"], input: text)
        #expect(check.output + check.errors == "" && check.ending == .exited(0))
        withExtendedLifetime(open) {}
    }

    @Test func exemplarsAreReadWhereTheyStand() throws {
        let (collector, open) = Self.collector(named: "left")
        let page = try ParsedMetrics(TextExposition.text(collector.registry, format: .openMetrics), .openmetrics)
        let shown = page.families.flatMap(\.samples).filter { $0.exemplar != nil }
        let trace = Self.trace
        #expect(
            shown.map { "\($0.name) \($0.labels["le"] ?? "")" } == [
                "cardlink_apdu_commands_total ", "cardlink_apdu_response_time_seconds_bucket 0.05",
                "cardlink_apdu_data_bytes_bucket 32.0", "cardlink_test_duration_seconds_bucket 1.0",
            ])
        #expect(
            shown.map(\.exemplar) == [
                .init(labels: trace, value: 1, time: 1_700_000_000),
                .init(labels: trace, value: 0.043, time: 1_700_000_000.25),
                .init(labels: trace, value: 32, time: 1_700_000_000),
                .init(labels: ["odd": Self.odd], value: 1, time: 1_700_000_000),
            ])
        let created = page.families.flatMap(\.samples).filter { $0.name.hasSuffix("_created") }
        let now = Date().timeIntervalSince1970
        #expect(created.count > 20 && created.allSatisfy { $0.value > now - 600 && $0.value < now + 1 })
        withExtendedLifetime(open) {}
    }

    /// 1,000 scrapes while 4 threads record: nothing goes back, `+Inf` is the count; every two-hundredth goes to the official
    /// parser too.
    @Test func scrapesWhileOthersRecord() throws {
        let collector = Collector()
        let isOver = Flag()
        let writers = DispatchGroup()
        for writer in 0..<4 {
            DispatchQueue(label: "writer \(writer)").async(group: writers) {
                var number: UInt64 = 0
                while !isOver.value.load(ordering: .relaxed) {
                    number &+= 1
                    // Two processors have scrapes to make as well.
                    if number.isMultiple(of: 32) { usleep(2_000) }
                    collector.recordAPDU(
                        cla: 0, ins: number.isMultiple(of: 3) ? 0xA4 : 0xB0, p1: 0, interface: .pcsc,
                        statusWord: number.isMultiple(of: 5) ? 0x6A82 : 0x9000, sentBytes: Int(number % 300),
                        receivedBytes: Int(number % 90), nanoseconds: (number &* 7_919) % 20_000_000_000)
                    collector.recordQuery(
                        .select, table: "t\(number % 3)", .success, took: .microseconds(number % 900))
                    collector.catalog.apduResponseTime[.select].setExemplar(
                        number % 20_000_000_000, labels: [Exemplar.Label("trace_id", "\(number)")],
                        wallNanoseconds: number)
                }
            }
        }
        var before: [String: Double] = [:]
        var wrong = 0
        for scrape in 0..<1_000 {
            let format: ExpositionFormat = scrape.isMultiple(of: 2) ? .text : .openMetrics
            let text = TextExposition.text(collector.registry, format: format)
            let page = Page(text)
            if !page.isWhole { wrong += 1 }
            for (name, value) in page.growing {
                if value < before[name] ?? 0 { wrong += 1 }
                before[name] = value
            }
            if scrape.isMultiple(of: 200) {
                let read = try ParsedMetrics(text, format == .text ? .text : .openmetrics)
                #expect(read.families.count > 50)
            }
        }
        isOver.value.store(true, ordering: .relaxed)
        writers.wait()
        #expect(wrong == 0)
        #expect(before["cardlink_apdu_response_time_seconds_count{command=\"SELECT\"}"] ?? 0 > 1_000)
    }

    private final class Flag: Sendable {
        let value = Atomic(false)
    }

    /// A page as its lines say, by a reader of its own.
    private struct Page {
        /// Counters, buckets, sums and counts by name and labels.
        var growing: [String: Double] = [:]
        /// Whether buckets never fall and the last is the count.
        var isWhole = true

        init(_ text: String) {
            var bucket: Double = 0
            for line in text.utf8.split(separator: UInt8(ascii: "\n")) where line.first != UInt8(ascii: "#") {
                let end = line.firstIndex(of: UInt8(ascii: "#")).map { line.index(before: $0) } ?? line.endIndex
                let sample = line[..<end]
                guard let blank = sample.lastIndex(of: UInt8(ascii: " ")),
                    let value = Double(Substring(sample[sample.index(after: blank)...]))
                else {
                    isWhole = false
                    continue
                }
                let family = sample.prefix { $0 != UInt8(ascii: "{") && $0 != UInt8(ascii: " ") }
                func ends(_ text: StaticString) -> Bool {
                    family.suffix(text.utf8CodeUnitCount).elementsEqual(
                        UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
                }
                if ends("_bucket") {
                    if value < bucket { isWhole = false }
                    bucket = value
                } else if ends("_count") {
                    if value != bucket { isWhole = false }
                    bucket = 0
                } else if !ends("_total"), !ends("_sum") {
                    continue
                }
                growing[String(Substring(sample[..<blank]))] = value
            }
        }
    }
}
