import Foundation
import Observability
import ProbeEvents
import PrometheusClient
import SmartCard
import TestSupport
import Testing

@testable import DaemonClient

/// Pages that go out in another format, or in parts, as the official parsers and `promtool` read them.
@Suite struct MetricExportTests {
    private let collector = Collector(showsCreated: true)

    init() {
        collector.setBench("bench \"7\"\\", site: "two\nlines", instanceID: "id")
        collector.recordAPDU(
            cla: 0, ins: 0xA4, p1: 0, interface: .pcsc, statusWord: 0x9000, sentBytes: 7, receivedBytes: 30,
            nanoseconds: 43_000_000)
        collector.catalog.apduResponseTime[.select].setExemplar(
            43_000_000, labels: [Exemplar.Label("trace_id", "4bf92f3577b34da6a3ce929d0e0e4736")],
            wallNanoseconds: 1_700_000_000_250_000_000)
    }

    private func page(_ format: ExpositionFormat) -> [UInt8] {
        Array(TextExposition.text(collector.registry, format: format).utf8)
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    private static func samples(_ page: ParsedMetrics) -> [String] {
        page.families.flatMap(\.samples).filter { !$0.name.hasSuffix("_created") }.map {
            "\($0.name) \($0.labels.sorted { $0.key < $1.key }) \($0.value)"
        }
    }

    @Test func aPageStaysAsItIs() throws {
        for page in ExpositionFormat.allCases.map(page) {
            #expect(try MetricExport(page, from: "x").bytes() == page)
        }
        let json = JSONExposition(of: collector.registry, time: "t").flatMap(\.self)
        #expect(try MetricExport(json, from: "x").bytes(.json) == json)
    }

    @Test func openMetricsBecomesTextAndBack() throws {
        let (plain, open) = (page(.text), page(.openMetrics))
        let toText = Self.text(try MetricExport(open, from: "x").bytes(.prometheus))
        let toOpen = Self.text(try MetricExport(plain, from: "x").bytes(.openmetrics))
        let read = try (ParsedMetrics(Self.text(plain), .text), ParsedMetrics(Self.text(open), .openmetrics))
        #expect(Self.samples(try ParsedMetrics(toText, .text)) == Self.samples(read.1))
        #expect(Self.samples(try ParsedMetrics(toOpen, .openmetrics)) == Self.samples(read.0))
        let check = try Command.run(["promtool", "check", "metrics"], input: toText)
        #expect(check.output + check.errors == "" && check.status == 0)
    }

    @Test func openMetricsBecomesTheProbesOwnJSON() throws {
        func families(_ page: [UInt8]) throws -> [NSDictionary] {
            let bytes = try MetricExport(page, from: "x").bytes(
                .json, families: ["cardlink_apdu_*", "cardlink_bench_info"])
            let object = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]
            let families = try #require(object?["families"] as? [[String: Any]])
            return families.map { family in
                // The text formats have no quantiles.
                let samples = (family["samples"] as? [[String: Any]] ?? []).map { sample in
                    sample.filter { $0.key != "quantiles" }
                }
                return NSDictionary(dictionary: family.merging(["samples": samples]) { $1 })
            }
        }
        let own = try families(JSONExposition(of: collector.registry, time: "t").flatMap(\.self))
        #expect(own.count > 5)
        for (made, own) in zip(try families(page(.openMetrics)), own) { #expect(made == own) }
    }

    @Test func aFamilyIsEveryByteOfIt() throws {
        let open = try MetricExport(page(.openMetrics), from: "x").bytes(families: ["cardlink_apdu_commands_total"])
        let text = Self.text(page(.openMetrics))
        let start = try #require(text.range(of: "# TYPE cardlink_apdu_commands "))
        let end = try #require(text.range(of: "# TYPE ", range: start.upperBound..<text.endIndex))
        #expect(Self.text(open) == text[start.lowerBound..<end.lowerBound] + "# EOF\n")
        let names = try ["cardlink_apdu_*", "cardlink_bench_inf?"].map {
            try MetricExport(page(.text), from: "x").bytes(families: [$0])
        }
        #expect(try ParsedMetrics(Self.text(names[1]), .text).families.map(\.name) == ["cardlink_bench_info"])
        #expect(
            try ParsedMetrics(Self.text(names[0]), .text).families.allSatisfy { $0.name.hasPrefix("cardlink_apdu_") })
        let json = JSONExposition(of: collector.registry, time: "t").flatMap(\.self)
        let one = try MetricExport(json, from: "x").bytes(families: ["cardlink_apdu_commands_total"])
        let object = try JSONSerialization.jsonObject(with: Data(one)) as? [String: Any]
        #expect(
            (object?["families"] as? [[String: Any]])?.map { $0["name"] as? String } == ["cardlink_apdu_commands_total"]
        )
    }

    @Test func whatCannotGoOutIsALine() {
        func line(_ page: String, _ format: MetricFormat? = nil, _ families: [String] = []) -> String {
            do throws(MetricExportError) {
                return Self.text(try MetricExport(Array(page.utf8), from: "FILE").bytes(format, families: families))
            } catch {
                return error.explanation
            }
        }
        #expect(line("a 1\nb\n") == "FILE:2: the line has no value; see whether this is a whole page of metrics")
        #expect(
            line("{\"a\": 1}")
                == "FILE: JSON, but no page of metrics; save one with: cardlink-metrics export --format json")
        #expect(
            line("{\"families\":[]}\n", .openmetrics)
                == "FILE is JSON, which goes out as JSON only; give --format json, or save the page in another format")
        #expect(line("app_total 1\n", nil, ["ap_total"]) == "FILE has no family ap_total; did you mean app_total?")
        #expect(line("app_total 1\n", nil, ["zzz"]) == "FILE has no family zzz; without --family it shows all")
        #expect(line("", nil, ["a"]) == "FILE has no family a; it has none at all")
    }
}
