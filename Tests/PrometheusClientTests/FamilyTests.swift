import Dispatch
import Synchronization
import TestSupport
import Testing

@testable import PrometheusClient

private enum Colour: Int, CaseIterable, ClosedLabel {
    case red, green, blue

    static var labelValues: [String] { ["red", "green", "blue"] }
    var labelIndex: Int { rawValue }
}

@Suite struct FamilyTests {
    private func samples(_ family: some MetricFamilyDeclaration, limit: Int = 1_000) -> (Registry, () -> [String]) {
        let registry = Registry(seriesLimit: limit)
        registry.register(family)
        return (
            registry,
            { TextExposition.text(registry).split(separator: "\n").filter { !$0.hasPrefix("#") }.map(String.init) }
        )
    }

    @Test func closedChildrenAreShownOnceUsed() {
        let family = Counter(
            "app_all_total", "All.", labels: ThreeLabels("a", Colour.self, "b", Bool.self, "c", Colour.self))
        let (_, samples) = samples(family)
        #expect(samples() == [])
        var number: UInt64 = 0
        var expected: [String] = []
        for a in Colour.allCases {
            for b in [false, true] {
                for c in Colour.allCases {
                    number += 1
                    family[a, b, c].increment(by: number)
                    expected.append("app_all_total{a=\"\(a)\",b=\"\(b)\",c=\"\(c)\"} \(number)")
                }
            }
        }
        #expect(samples() == expected)
        #expect(family[.blue, true, .blue].value == 18)
    }

    @Test func shownChildrenBeginAtZero() {
        let family = Counter("app_all_total", "All.", labels: OneLabel("colour", Colour.self))
        let (_, samples) = samples(family)
        family[.green].show()
        #expect(samples() == ["app_all_total{colour=\"green\"} 0"])
        family[.red].increment()
        #expect(samples() == ["app_all_total{colour=\"red\"} 1", "app_all_total{colour=\"green\"} 0"])
    }

    /// A reader is called as deep at the thousandth scrape as at the first: what wraps it anew each time leaks, and ends at
    /// the end of the stack.
    @Test(.disabled(if: isSanitized, "AddressSanitizer has frames elsewhere each time"))
    func aReaderIsNotWrappedAtEachScrape() {
        let family = ObservedFamily(.gauge, "app_depth", "Depth.")
        let depths = Mutex<Set<UInt>>([])
        family.read {
            var here = 0
            withUnsafeMutablePointer(to: &here) { place in
                _ = depths.withLock { $0.insert(UInt(bitPattern: place)) }
            }
            return 1
        }
        let (_, samples) = samples(family)
        for _ in 1...1_000 { #expect(samples() == ["app_depth 1"]) }
        #expect(depths.withLock(\.count) == 1)
    }

    @Test func openLabelsHaveALimit() {
        let refusals = Mutex<[String]>([])
        let registry = Registry(seriesLimit: 2) { family in refusals.withLock { $0.append(family) } }
        let family = Counter("app_hits_total", "Hits.", labels: TwoLabels("name", OpenLabel.self, "ok", Bool.self))
        registry.register(family)
        for name in ["a", "b", "c", "d", "a", "c"] { family[OpenLabel(name), true].increment() }
        family["e", false].increment()
        #expect(
            TextExposition.text(registry) == """
                # HELP app_hits_total Hits.
                # TYPE app_hits_total counter
                app_hits_total{name="a",ok="true"} 2
                app_hits_total{name="b",ok="true"} 1
                app_hits_total{name="other",ok="true"} 3
                app_hits_total{name="other",ok="false"} 1

                """)
        #expect(family.refusedCount == 4)
        #expect(refusals.withLock { $0 } == Array(repeating: "app_hits_total", count: 4))
    }

    @Test func aFamilysOwnLimitStandsOverTheRegistrys() {
        let family = Gauge("app_level", "Level.", labels: OneLabel("name", OpenLabel.self), seriesLimit: 3)
        let (_, samples) = samples(family, limit: 1)
        for name in ["a", "b", "c", "d"] { family[OpenLabel(name)].set(1) }
        let expected = ["a", "b", "c", "other"].map { "app_level{name=\"\($0)\"} 1" }
        #expect(samples() == expected)
        #expect(family.refusedCount == 1)
    }

    @Test func removedChildrenMakeRoom() {
        let family = Gauge("app_level", "Level.", labels: OneLabel("name", OpenLabel.self))
        let (_, samples) = samples(family, limit: 2)
        let held = family["a"]
        held.set(1)
        family["b"].set(2)
        #expect(samples() == ["app_level{name=\"a\"} 1", "app_level{name=\"b\"} 2"])
        #expect(family.remove("a" as OpenLabel))
        #expect(!family.remove("a" as OpenLabel))
        held.set(9)
        #expect(samples() == ["app_level{name=\"b\"} 2"])
        family["c"].set(3)
        #expect(samples() == ["app_level{name=\"b\"} 2", "app_level{name=\"c\"} 3"])
        #expect(family.refusedCount == 0)
    }

    /// What readers take text apart at never gets into a label; the line feed is written as two characters.
    @Test(arguments: [
        ("a\u{0}b\u{1B}[0m\r\n\t", "a\u{FFFD}b\u{FFFD}[0m\u{FFFD}\n\u{FFFD}"),
        ("\u{7F}\u{85}\u{9F}é", "\u{FFFD}\u{FFFD}\u{FFFD}é"),
        ("\u{2028}\u{2029}\u{202A}", "\u{FFFD}\u{FFFD}\u{202A}"), ("\"\\ 😀", "\"\\ 😀"), ("", ""),
    ])
    func openLabelsAreSanitised(text: String, shown: String) {
        #expect(OpenLabel(text).labelText == shown)
    }

    @Test func bytesThatAreNoTextAreShownAsSuch() {
        #expect(OpenLabel(utf8: [0x61, 0xFF, 0xC3, 0x62]).labelText == "a\u{FFFD}\u{FFFD}b")
        #expect(OpenLabel(utf8: [UInt8](repeating: 0xFF, count: 10_000)).labelText.utf8.count == 1_023)
        #expect(OpenLabel(utf8: Array(repeating: 0x61, count: 10_000)).labelText.utf8.count == 1_024)
    }

    @Test func longLabelValuesAreCutAtACharacter() {
        let text = OpenLabel(String(repeating: "é", count: 600)).labelText
        #expect(text == String(repeating: "é", count: 512) && text.utf8.count == 1_024)
        #expect(OpenLabel("short").labelText == "short")
    }

    @Test func observedSamplesHaveALimit() {
        let refusals = Mutex(0)
        let registry = Registry(seriesLimit: 2) { _ in refusals.withLock { $0 += 1 } }
        let family = ObservedFamily(.gauge, "app_rows", "Rows.", labels: OneLabel("table", OpenLabel.self))
        registry.register(family)
        family.readAll { samples in
            for name in ["a", "b", "c", "d"] { samples.append(1, name) }
        }
        #expect(TextExposition.text(registry).split(separator: "\n").count == 2 + 2)
        #expect(refusals.withLock { $0 } == 2)
    }

    @Test func totalsCountedElsewhereOnlyRise() {
        let counter = Counter("app_all_total", "All.")
        counter.child.raise(to: 7)
        counter.child.raise(to: 5)
        #expect(counter.child.value == 7)
    }

    @Test(arguments: [
        (Duration.seconds(-1), UInt64(0)), (.zero, 0), (.nanoseconds(1), 1), (.milliseconds(43), 43_000_000),
        (.seconds(Int64.max), .max), (.seconds(18_446_744_073) + .milliseconds(709), 18_446_744_073_709_000_000),
        (.seconds(18_446_744_073) + .milliseconds(710), .max),
    ])
    func durations(duration: Duration, nanoseconds: UInt64) {
        let family = DurationHistogram("app_time_seconds", "A time.", buckets: [1])
        family.child.record(duration)
        #expect(family.child.snapshot().sum == nanoseconds)
    }

    @Test func concurrentUpdatesAreExact() {
        let counter = Counter("app_all_total", "All.", labels: OneLabel("colour", Colour.self))
        let gauge = Gauge("app_level", "Level.")
        let open = Counter("app_open_total", "Open.", labels: OneLabel("name", OpenLabel.self), seriesLimit: 5)
        let time = DurationHistogram("app_time_seconds", "A time.", buckets: [0.000001, 0.001])
        let size = SizeHistogram("app_size_bytes", "A size.", buckets: [16, 1_000])
        let registry = Registry()
        registry.register(counter)
        registry.register(gauge)
        registry.register(open)
        registry.register(time)
        registry.register(size)
        DispatchQueue.concurrentPerform(iterations: 8) { thread in
            for number in 0..<10_000 {
                counter[Colour.allCases[number % 3]].increment()
                gauge.add(number.isMultiple(of: 2) ? 3 : -1)
                open[OpenLabel("name \(number % 8)")].increment()
                time.record(UInt64(number) * 1_000)
                size.record(UInt64(number % 2_000))
                if number.isMultiple(of: 2_500) { _ = TextExposition.text(registry) }
            }
        }
        #expect(Colour.allCases.map { counter[$0].value } == [26_672, 26_664, 26_664])
        #expect(gauge.child.value == 80_000)
        let lines = TextExposition.text(registry).split(separator: "\n").filter { !$0.hasPrefix("#") }.map(String.init)
        let opened = lines.filter { $0.hasPrefix("app_open") }
        #expect(opened.count == 6)
        #expect(opened.compactMap { $0.split(separator: " ").last.flatMap { UInt64($0) } }.reduce(0, +) == 80_000)
        #expect(open.refusedCount == 30_000)
        #expect(
            lines.filter { $0.hasPrefix("app_time") || $0.hasPrefix("app_size") } == [
                "app_time_seconds_bucket{le=\"0.000001\"} 16", "app_time_seconds_bucket{le=\"0.001\"} 8008",
                "app_time_seconds_bucket{le=\"+Inf\"} 80000", "app_time_seconds_sum 399.96",
                "app_time_seconds_count 80000",
                "app_size_bytes_bucket{le=\"16.0\"} 680", "app_size_bytes_bucket{le=\"1000.0\"} 40040",
                "app_size_bytes_bucket{le=\"+Inf\"} 80000", "app_size_bytes_sum 79960000", "app_size_bytes_count 80000",
            ])
    }
}
