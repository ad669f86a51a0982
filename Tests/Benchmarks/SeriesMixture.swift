import PrometheusClient
import TestSupport

/// The series that every library renders, by lines: 45% histograms of durations with 16 buckets, 15% histograms of
/// sizes with 9 buckets, 10% gauges, 30% counters, each with two labels. The share of an APDU's families is like that.
struct SeriesMixture {
    static let durationBounds = [
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]
    static let sizeBounds: [UInt64] = [16, 32, 64, 128, 256, 512, 1024, 2048, 4096]

    let counters: Int
    let gauges: Int
    let durations: Int
    let sizes: Int
    /// What is observed, nanoseconds and bytes; the first is below every bound.
    let nanoseconds: [UInt64]
    let bytes: [UInt64]

    init(series: Int) {
        var random = SeededGenerator(seed: UInt64(series))
        let linesPerDuration = Self.durationBounds.count + 3
        let linesPerSize = Self.sizeBounds.count + 3
        durations = series * 45 / 100 / linesPerDuration
        sizes = series * 15 / 100 / linesPerSize
        gauges = series / 10
        counters = series - gauges - durations * linesPerDuration - sizes * linesPerSize
        nanoseconds =
            [50_000]
            + (1..<64).map { _ in
                UInt64.random(in: 50_000...99_999, using: &random) << UInt64.random(in: 0...11, using: &random)
            }
        bytes = [10] + (1..<64).map { _ in UInt64.random(in: 1...400, using: &random) }
    }

    /// The label values of a child: programs that talk to devices use a handful of commands on each.
    static func labels(_ number: Int) -> (command: String, device: String) {
        let commands = [
            "SELECT", "READ BINARY", "READ RECORD", "GET RESPONSE", "STATUS", "FETCH", "TERMINAL RESPONSE", "VERIFY",
        ]
        return (commands[number % commands.count], "reader-\(number / commands.count)")
    }

    /// The same as text, for the peers.
    var lines: String {
        let seconds = nanoseconds.map { "\(Double($0) / 1e9)" }
        return family("counter", "bench_commands_total", counters)
            + family("gauge", "bench_signal_dbm", gauges)
            + family(
                "histogram", "bench_response_time_seconds", durations, Self.durationBounds.map { "\($0)" }, seconds)
            + family("histogram", "bench_data_bytes", sizes, Self.sizeBounds.map { "\($0)" }, bytes.map { "\($0)" })
    }

    private func family(
        _ kind: String, _ name: String, _ children: Int, _ bounds: [String] = [], _ values: [String] = []
    ) -> String {
        let head = [
            "family", kind, name, OurSeries.help, "command device", bounds.joined(separator: " "),
            values.joined(separator: " "),
        ]
        let rest = (0..<children).map { number in
            let (command, device) = Self.labels(number)
            return "child\t\(command)\t\(device)\n"
        }
        return head.joined(separator: "\t") + "\n" + rest.joined()
    }
}

/// The same series in a registry of ours.
final class OurSeries {
    static let help = "What is rendered."

    let registry = Registry()
    private let mixture: SeriesMixture
    private let counter: Counter<TwoLabels<OpenLabel, OpenLabel>>
    private let counters: [CounterChild]
    private let gauges: [GaugeChild]
    private let durations: [DurationHistogramChild]
    private let sizes: [SizeHistogramChild]
    private var step = 0

    init(_ mixture: SeriesMixture) {
        self.mixture = mixture
        let labels = TwoLabels("command", OpenLabel.self, "device", OpenLabel.self)
        counter = Counter("bench_commands_total", Self.help, labels: labels, seriesLimit: .max)
        let gauge = Gauge("bench_signal_dbm", Self.help, labels: labels, seriesLimit: .max)
        let duration = DurationHistogram(
            "bench_response_time_seconds", Self.help, labels: labels, buckets: SeriesMixture.durationBounds,
            seriesLimit: .max)
        let size = SizeHistogram(
            "bench_data_bytes", Self.help, labels: labels, buckets: SeriesMixture.sizeBounds, seriesLimit: .max)
        counters = Self.children(mixture.counters) { [counter] in counter[$0, $1] }
        gauges = Self.children(mixture.gauges) { gauge[$0, $1] }
        durations = Self.children(mixture.durations) { duration[$0, $1] }
        sizes = Self.children(mixture.sizes) { size[$0, $1] }
        registry.register(counter)
        registry.register(gauge)
        registry.register(duration)
        registry.register(size)
    }

    private static func children<Child>(_ count: Int, _ child: (OpenLabel, OpenLabel) -> Child) -> [Child] {
        (0..<count).map { number in
            let (command, device) = SeriesMixture.labels(number)
            return child(OpenLabel(command), OpenLabel(device))
        }
    }

    /// Gives every series a new value, by the rule of Peers/README.md.
    func update() {
        var number = 0
        for child in counters {
            child.increment(by: UInt64(1 + (7 * number + 13 * step) % 100))
            number += 1
        }
        for child in gauges {
            child.set((Double((31 * number + 17 * step) % 8_000) - 4_000) / 8)
            number += 1
        }
        for child in durations {
            observe(mixture.nanoseconds, child: number) { child.record($0) }
            number += 1
        }
        for child in sizes {
            observe(mixture.bytes, child: number) { child.record($0) }
            number += 1
        }
        step += 1
    }

    /// Finds each counter by the text of its labels and adds 1, so many times; nanoseconds for each.
    func lookUp(_ passes: Int) -> Double {
        let labels = (0..<mixture.counters).map(SeriesMixture.labels)
        let start = ContinuousClock.now
        for _ in 0..<passes {
            for (command, device) in labels { counter[OpenLabel(command), OpenLabel(device)].increment() }
        }
        return (ContinuousClock.now - start) / .nanoseconds(1) / Double(passes * labels.count)
    }

    private func observe(_ values: [UInt64], child: Int, _ record: (UInt64) -> Void) {
        record(values[0])
        for offset in 0..<4 { record(values[(child + 4 * step + offset) % values.count]) }
    }

    /// Gives every series a new value and renders once; nanoseconds of rendering, and bytes.
    func render() -> (nanoseconds: Double, bytes: Int) {
        update()
        let start = ContinuousClock.now
        var bytes = 0
        for chunk in TextExposition(of: registry) { bytes += chunk.count }
        return ((ContinuousClock.now - start) / .nanoseconds(1), bytes)
    }
}

/// The whole text of a registry.
func exposition(of registry: Registry) -> [UInt8] {
    Array(TextExposition(of: registry).joined())
}
