import Foundation
import Testing

@testable import PrometheusClient

@Suite struct JSONExpositionTests {
    private static func text(_ registry: Registry) -> String {
        String(decoding: Array(JSONExposition(of: registry, time: "2026-01-02T03:04:05Z").joined()), as: UTF8.self)
    }

    @Test func everyKind() {
        #expect(
            Self.text(ExpositionTests.registry()) == #"""
                {"schema":1,"time":"2026-01-02T03:04:05Z","families":[\#
                {"name":"app_requests_total","type":"counter",\#
                "help":"Requests, \"quoted\" and \\ cut\u000ain two.","unit":"","samples":[\#
                {"labels":{"path":"/a\\b\"c\u000ad","ok":"true"},"value":1},\#
                {"labels":{"path":"/","ok":"false"},"value":18446744073709551615}]},
                {"name":"app_read_bytes_total","type":"counter","help":"Bytes read.","unit":"bytes","samples":[\#
                {"labels":{},"value":0}]},
                {"name":"app_level","type":"gauge","help":"A level.","unit":"","samples":[\#
                {"labels":{"ok":"false"},"value":"+Inf"},{"labels":{"ok":"true"},"value":-73.25}]},
                {"name":"app_time_seconds","type":"histogram","help":"A time.","unit":"seconds","samples":[\#
                {"labels":{"ok":"true"},"count":5,"sum_seconds":3.600200001,"buckets":[\#
                {"le_seconds":0.0001,"count":2},{"le_seconds":1,"count":4},{"le_seconds":2.5,"count":4},\#
                {"le_seconds":"+Inf","count":5}],\#
                "quantiles":{"p50_seconds":9.9839e-05,"p95_seconds":2.600468479,"p99_seconds":2.600468479}}]},
                {"name":"app_size_bytes","type":"histogram","help":"A size.","unit":"bytes","samples":[\#
                {"labels":{},"count":3,"sum_bytes":5033,"buckets":[\#
                {"le_bytes":16,"count":1},{"le_bytes":4096,"count":2},{"le_bytes":"+Inf","count":3}]}]},
                {"name":"app_build_info","type":"info","help":"The build.","unit":"","samples":[\#
                {"labels":{"version":"1.0","note":"a\"b"},"value":1}]},
                {"name":"app_seen_seconds_total","type":"counter","help":"Seen elsewhere.","unit":"seconds",\#
                "samples":[{"labels":{},"value":0.25}]},
                {"name":"app_rows","type":"gauge","help":"Rows.","unit":"","samples":[\#
                {"labels":{"table":"x"},"value":1},{"labels":{"table":"y"},"value":2e+300}]},
                {"name":"app_unread","type":"gauge","help":"Nothing to read.","unit":"","samples":[]}]}

                """#)
    }

    @Test func exemplars() {
        let registry = Registry()
        let time = DurationHistogram("app_time_seconds", "A time.", buckets: [0.1])
        registry.register(time)
        for nanoseconds in [2_000_000_000, 50_000_000] as [UInt64] {
            time.record(nanoseconds)
            time.child.setExemplar(nanoseconds, labels: [.init("trace_id", "4b\"f9")], wallNanoseconds: 1_500_000_000)
        }
        #expect(
            Self.text(registry).contains(
                #"""
                ,"exemplars":[{"labels":{"trace_id":"4b\"f9"},"value_seconds":0.05,"time_unix_seconds":1.5},\#
                {"labels":{"trace_id":"4b\"f9"},"value_seconds":2,"time_unix_seconds":1.5}]}
                """#))
    }

    @Test(arguments: [Registry(), ExpositionTests.registry()])
    func anotherParserReadsIt(registry: Registry) throws {
        let read = try JSONSerialization.jsonObject(with: Data(Self.text(registry).utf8)) as? [String: Any]
        #expect((read?["families"] as? [Any])?.count == registry.descriptors.count)
    }

    @Test func odd() throws {
        let registry = Registry()
        let rows = Gauge("app_rows", "Rows.", labels: OneLabel("table", OpenLabel.self))
        registry.register(rows)
        let text = (0..<0x20).map { String(UnicodeScalar(UInt8($0))) }.joined() + "\u{7F}\u{2028}é😀\"\\"
        rows[OpenLabel(text)].set(.nan)
        let read = try JSONDecoder().decode(Told.self, from: Data(Self.text(registry).utf8))
        #expect(read.families[0].samples[0].labels == ["table": OpenLabel(text).labelText])
        #expect(read.families[0].samples[0].value == "NaN")
    }

    private struct Told: Decodable {
        struct Family: Decodable {
            struct Sample: Decodable {
                var labels: [String: String]
                var value: String
            }
            var samples: [Sample]
        }
        var families: [Family]
    }
}
