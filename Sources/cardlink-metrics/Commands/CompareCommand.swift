internal import ArgumentParser
internal import DaemonClient
internal import Glibc
internal import Observability
internal import ProbeEvents
internal import ProbeStore

/// `cardlink-metrics compare`.
struct CompareCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "What is different in a second run: the bench, the commands, how long cards took.",
        discussion: """
            A run is one of the history by its number (see: cardlink-metrics history), or a file of cardlink-probe run \
            --events. Commands are aligned as diff aligns lines; times are compared by command with a rank test, so that \
            chance is told from change.

            Exit status: 0 success, 1 there is no such run, or with --max-slowdown a command is slower than that, 69 a file \
            is not there or cannot be read.

            Example: cardlink-metrics compare 12 15 --max-slowdown 10
            Example: cardlink-metrics compare before.ndjson after.ndjson --report difference.html
            """)

    @Argument(help: "The run that is compared with: its number, or a file.")
    var first: String

    @Argument(help: "The run that is compared.")
    var second: String

    @OptionGroup var history: HistoryOptions

    @Option(
        help: ArgumentHelp(
            "Exit with 1 when a command's p50 in the second run is more than so many percent above the first's, and that "
                + "is no chance.", valueName: "percent"))
    var maxSlowdown: Double?

    @Option(
        help: ArgumentHelp("Write a page for browsers, which needs no other file.", valueName: "file"),
        completion: .file())
    var report: String?

    func validate() throws {
        if let maxSlowdown, !(0...1_000_000).contains(maxSlowdown) {
            throw ValidationError(
                "--max-slowdown \(maxSlowdown) is no percentage from 0 to 1000000; write one as in 10")
        }
    }

    func run() async throws {
        let (first, second) = (try await side(first), try await side(second))
        let judged = JudgedComparison(RunComparison(first, second), maxSlowdownPercent: maxSlowdown)
        if let report { try ReplacedFile(report, text: ComparisonPage(judged).html).commit() }
        try history.show(judged) { ComparisonTables.lines(of: $0, columns: Output.columns ?? 80) }
        guard judged.tooSlow.isEmpty else { throw ExitCode(1) }
    }

    private func side(_ words: String) async throws -> ComparedRun {
        guard let number = Int64(words) else { return try ComparedRun(recording: words) }
        if let run = try await history.reader().comparedRun(number) { return run }
        say("there is no run \(number); see: cardlink-metrics history")
        throw ExitCode(1)
    }
}

/// A comparison, and what is too slow in it.
struct JudgedComparison: Encodable {
    var comparison: RunComparison
    /// What `--max-slowdown` says; null when it is not given.
    var maxSlowdownPercent: OrNull<Double>
    /// The commands that are slower than that.
    var tooSlow: [String]

    init(_ comparison: RunComparison, maxSlowdownPercent: Double?) {
        self.comparison = comparison
        self.maxSlowdownPercent = OrNull(maxSlowdownPercent)
        tooSlow = maxSlowdownPercent.map { comparison.slower(thanPercent: $0).map(\.command) } ?? []
    }

    private enum CodingKeys: String, CodingKey {
        case maxSlowdownPercent, tooSlow
    }

    /// The comparison's keys, with two more.
    func encode(to encoder: any Encoder) throws {
        try comparison.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(maxSlowdownPercent, forKey: .maxSlowdownPercent)
        try container.encode(tooSlow, forKey: .tooSlow)
    }
}
