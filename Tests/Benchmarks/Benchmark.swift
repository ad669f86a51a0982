import Foundation

/// `Tests/benchmark`: measures ours and others in turns, in one run, and prints what came out.
@main
enum Benchmark {
    /// What can be measured, by name.
    private static let all: [(name: String, measure: @Sendable (BenchmarkSize) async throws -> [Row])] = [
        ("transmit", TransmitBenchmark.measure), ("record", RecordBenchmark.measure),
        ("decode", DecodeBenchmark.measure), ("render", RenderBenchmark.measure), ("span", SpanBenchmark.measure),
        ("at-tap", ATTapBenchmark.measure), ("psk-tls", PSKTLSBenchmark.measure), ("adb", ADBBenchmark.measure),
        ("live", LiveBenchmark.measure), ("start", StartBenchmark.measure), ("events", EventsBenchmark.measure),
        ("store", StoreBenchmark.measure), ("pytest", PytestBenchmark.measure),
        ("load", LoadBenchmark.measure), ("memory", MemoryBenchmark.measure), ("growth", GrowthBenchmark.measure),
        ("replay", ReplayBenchmark.measure),
    ]

    static func main() async throws {
        var names: [String] = []
        var isJSON = false
        var page: BenchmarkPage?
        var size = BenchmarkSize.full
        if CommandLine.arguments.count == 3, CommandLine.arguments[1] == MemoryBenchmark.argument {
            return print(try MemoryBenchmark.grow(to: Int(CommandLine.arguments[2]) ?? 0))
        }
        for word in CommandLine.arguments.dropFirst() {
            switch word {
            case "--json": isJSON = true
            case "--page": page = try BenchmarkPage()
            case "--small": size = .small
            default: names.append(word)
            }
        }
        let known = all.map(\.name)
        if let unknown = names.first(where: { !known.contains($0) }) {
            complain("unknown benchmark '\(unknown)'; there is: \(known.joined(separator: ", "))")
            exit(64)
        }
        var hasMissed = false
        for (name, measure) in all where names.isEmpty || names.contains(name) {
            let rows: [Row]
            do {
                rows = try await measure(size)
            } catch {
                hasMissed = true
                complain("\(name) came to no figure: \(error)")
                continue
            }
            hasMissed = hasMissed || rows.contains { $0.hasMissed }
            print(isJSON ? try rows.map { try $0.json() }.joined(separator: "\n") : Row.table(rows))
            try page?.write(rows, of: name)
        }
        if hasMissed { exit(1) }
    }

    private static func complain(_ text: String) {
        FileHandle.standardError.write(Data("Tests/benchmark: \(text)\n".utf8))
    }
}

/// How long it is measured, and beside whom.
struct BenchmarkSize: Sendable {
    /// How often each one gets its turn.
    var rounds: Int
    /// How long a burst takes about, nanoseconds.
    var burst: Double
    /// How many series are rendered.
    var series: [Int]
    var peers: [Peer]
    /// Whose spans ours are measured beside.
    var tracers: [Peer]
    var hasBars: Bool

    /// What the bars are held to.
    static let full = BenchmarkSize(
        rounds: 10, burst: 5e6, series: [10_000, 100_000], peers: Peer.metricsLibraries,
        tracers: Peer.tracingSDKs, hasBars: true)
    /// For the tests: everything runs, no figure counts. Other libraries are used where they are installed.
    static let small = BenchmarkSize(
        rounds: 1, burst: 1e6, series: [1_000], peers: Peer.metricsLibraries.filter(\.isInstalled),
        tracers: Peer.tracingSDKs.filter(\.isInstalled), hasBars: false)

    /// A bar, where there are any.
    func bar(_ ratio: Double) -> Double? { hasBars ? ratio : nil }
}

/// One comparison.
struct Row: Encodable {
    var bench: String
    var `case`: String
    var ours: Double
    var peer: String
    var peerValue: Double
    /// What any solution must spend.
    var floor: Double?
    var unit: String
    /// How many times what ours takes the peer takes.
    var ratio: Double
    /// The ratio that must be reached; none for a figure that is only shown.
    var bar: Double?

    var hasMissed: Bool { bar.map { ratio < $0 } ?? false }

    /// One line.
    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    /// A figure as it is shown.
    static func text(_ number: Double?) -> String {
        number.map { String(format: $0 < 10 ? "%.2f" : "%.0f", $0) } ?? "-"
    }

    /// Rows for people, columns aligned.
    static func table(_ rows: [Row]) -> String {
        let cells =
            [["bench", "case", "unit", "ours", "peer", "", "floor", "ratio", "bar"]]
            + rows.map {
                [
                    $0.bench, $0.case, $0.unit, text($0.ours), $0.peer, text($0.peerValue), text($0.floor),
                    text($0.ratio),
                    text($0.bar) + ($0.hasMissed ? "  missed" : ""),
                ]
            }
        let widths = cells[0].indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
        return cells.map { row in
            zip(row, widths).map { $0.padding(toLength: $1, withPad: " ", startingAt: 0) }.joined(separator: "  ")
        }.joined(separator: "\n")
    }
}

/// The middle of the values.
func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    guard !sorted.isEmpty else { return .nan }
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
