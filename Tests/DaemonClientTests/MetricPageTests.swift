import TestSupport
import Testing

@testable import DaemonClient

/// What both text formats allow, and where a page is wrong.
@Suite struct MetricPageTests {
    private static func page(_ text: String, isOpenMetrics: Bool = false) throws -> MetricPage {
        try MetricPage(Array(text.utf8), isOpenMetrics: isOpenMetrics)
    }

    @Test func looseTextIsRead() throws {
        let text = """

            # a comment
            #TYPE not a keyword
            # HELP a_total \t Two\\nlines \\\\ "quoted".
            # TYPE a_total counter
              a_total{ x = "1" , y="\\"\\\\\\n" , }  18446744073709551615 -5
            untyped_one{}+Inf
            # TYPE h histogram
            h_bucket{le="+Inf"} 2
            h_sum 0.5
            h_count 2
            # TYPE s summary
            s{quantile="0.5"} NaN
            s_count 1e3
            """
        let page = try Self.page(text)
        #expect(page.families.map(\.name) == ["a_total", "untyped_one", "h", "s"])
        #expect(page.families.map(\.kind) == [.counter, .unknown, .histogram, .summary])
        #expect(page.families[0].help == "Two\nlines \\ \"quoted\".")
        #expect(
            page.families[0].samples == [
                .init(
                    name: "a_total", labels: [.init(name: "x", value: "1"), .init(name: "y", value: "\"\\\n")],
                    number: "18446744073709551615", timestamp: "-5")
            ])
        #expect(page.families[1].samples[0].value == .infinity)
        #expect(page.families.map(\.samples.count) == [1, 1, 3, 2])
    }

    @Test(arguments: [
        ("a 1\nb\n", 2, "has no value"), ("a 1 2 3\n", 1, "has something behind its value"),
        ("\n\n1a 1\n", 3, "begins with no metric name"), ("{x=\"1\"} 1\n", 1, "begins with no metric name"),
        ("a{x} 1\n", 1, "has no = behind the label x"), ("a{x=1} 1\n", 1, "has no quote before the value of x"),
        ("a{x=\"1} 1\n", 1, "has no quote behind the value of x"),
        ("a{x=\"1\"y=\"2\"} 1\n", 1, "has no , or } behind the label x"),
        ("a{x=\"1\",x=\"2\"} 1\n", 1, "has the label x twice"),
        ("a{1=\"1\"} 1\n", 1, "has no label name where one should be"),
        ("a{x=\"1\"\n", 1, "has no , or } behind the label x"), ("a 0x10\n", 1, "has no number as value"),
        ("a one\n", 1, "has no number as value"), ("a 1 1.5\n", 1, "has a timestamp that is no whole number of ms"),
        ("a-b 1\n", 1, "has a character that no metric name has"),
        ("# TYPE a thing\n", 1, "has a type that there is not; there is: counter, gauge, histogram, summary, untyped"),
        ("# TYPE a info\n", 1, "has a type that there is not; there is: counter, gauge, histogram, summary, untyped"),
        ("a 1\nb 1\na 2\n", 3, "goes on with a, whose lines ended above; a family stands in one place"),
        ("# HELP\n", 1, "has no metric name"), ("# TYPE a-b gauge\n", 1, "has no blank behind the metric name"),
    ])
    func aFaultHasItsLine(text: String, line: Int, reason: String) {
        #expect(throws: MetricPageFault(line: line, reason: reason)) { try Self.page(text) }
    }

    @Test(arguments: [
        ("a 1\n", 2, "is missing: OpenMetrics ends with # EOF, so this is a part only"),
        ("# EOF\na 1\n", 2, "stands behind # EOF"), ("a  1\n# EOF\n", 1, "has no number as value"),
        ("# comment\n# EOF\n", 1, "is neither a sample nor HELP, TYPE, UNIT or EOF"),
        ("a 1 x\n# EOF\n", 1, "has a timestamp that is no number of seconds"),
        ("# TYPE a counter\na 1\n# EOF\n", 2, "goes on with a, whose lines ended above; a family stands in one place"),
        ("a 1 # 5\n# EOF\n", 1, "has an exemplar without labels"),
        ("a 1 # {x=\"1\"}\n# EOF\n", 1, "has an exemplar without a value"),
    ])
    func aFaultOfOpenMetricsHasItsLine(text: String, line: Int, reason: String) {
        #expect(throws: MetricPageFault(line: line, reason: reason)) { try Self.page(text, isOpenMetrics: true) }
    }

    @Test func bytesThatAreNoTextHaveTheirLine() {
        let bytes = Array("a 1\na{x=\"".utf8) + [0xFF, 0xFE] + Array("\"} 1\n".utf8)
        #expect(throws: MetricPageFault(line: 2, reason: "has a value of x that is no UTF-8")) {
            try MetricPage(bytes, isOpenMetrics: false)
        }
    }

    /// Whatever the bytes are, there is a page or a fault whose line is one of the page's.
    @Test func anyBytesHaveAnEnd() {
        var generator = SeededGenerator(seed: 7_816)
        let good = Array("# TYPE a counter\na_total{x=\"1\"} 1 2 # {t=\"u\"} 3 4\n# UNIT a s\n# EOF\n".utf8)
        for _ in 0..<20_000 {
            var bytes = good
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
                case 1: bytes.remove(at: place)
                default: bytes.insert(good[Int.random(in: 0..<good.count, using: &generator)], at: place)
                }
            }
            let lines = bytes.count(where: { $0 == 0x0A }) + 2
            for isOpenMetrics in [false, true] {
                do throws(MetricPageFault) {
                    _ = try MetricPage(bytes, isOpenMetrics: isOpenMetrics)
                } catch {
                    #expect((1...lines).contains(error.line))
                }
            }
        }
    }

    /// What prometheus_client takes of a page in OpenMetrics is taken here, too, and is the same; of Prometheus text it takes
    /// anything, and what both take is the same.
    @Test(arguments: [PeerReader.text, .openmetrics])
    func agreesWithPrometheusClient(_ peer: PeerReader) throws {
        let page = """
            # HELP a a \\n b
            # TYPE a counter
            a_total{x="1",y="\\"\\\\"} 1 2
            # TYPE h histogram
            h_bucket{le="0.5"} 1
            h_bucket{le="+Inf"} 2
            h_count 2
            h_sum 0.75
            # TYPE g gauge
            g{z="q"} -1e3
            g{z="r"} NaN

            """ + (peer == .openmetrics ? "# EOF\n" : "")
        var generator = SeededGenerator(seed: 8)
        let alphabet = Array("#{}=\",\\ _ae0.-+\n".utf8)
        let pages = (0..<1_000).map { _ in generator.changed(Array(page.utf8), alphabet: alphabet, times: 1...1) }
        var taken = 0
        for (page, said) in zip(pages, try peer.judge(pages, as: [Sample].self)) {
            guard let said else { continue }
            do throws(MetricPageFault) {
                let read = try MetricPage(page, isOpenMetrics: peer == .openmetrics)
                let text = String(decoding: page, as: UTF8.self)
                #expect(read.families.flatMap(\.samples).map(Sample.init) == said, "\(text)")
                taken += 1
            } catch {
                // It passes over lines that begin with # and are nothing, and takes names in any letters.
                let isLoose = ["neither a sample nor", " name"].contains { error.reason.contains($0) }
                #expect(peer == .text || isLoose, "\(error): \(String(decoding: page, as: UTF8.self))")
            }
        }
        print("\(taken) of \(pages.count) pages are compared, \(peer)")
        #expect((50...900).contains(taken))
    }

    /// A sample as two readers can be compared by.
    private struct Sample: Decodable, Equatable {
        var name: String
        var labels: [String: String]
        var value: Double

        init(_ sample: MetricPage.Sample) {
            name = sample.name
            labels = Dictionary(sample.labels.map { ($0.name, $0.value) }) { first, _ in first }
            value = sample.value
        }

        init(from decoder: any Decoder) throws {
            var parts = try decoder.unkeyedContainer()
            name = try parts.decode(String.self)
            let pairs = try parts.decode([[String]].self)
            labels = Dictionary(pairs.map { ($0[0], $0[1]) }) { first, _ in first }
            value = Double(try parts.decode(String.self)) ?? .nan
        }

        static func == (one: Sample, other: Sample) -> Bool {
            one.name == other.name && one.labels == other.labels
                && (one.value == other.value || one.value.isNaN && other.value.isNaN)
        }
    }
}
