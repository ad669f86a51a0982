internal import ArgumentParser
internal import DaemonClient
internal import FoundationEssentials
internal import Observability
internal import ProbeEvents
internal import ProbeStore

/// `cardlink-metrics history`.
struct HistoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "What happened on this bench: runs, sessions, commands, sessions over the air, tests.",
        discussion: """
            It reads the file that cardlink-probe serve writes, also meanwhile; what happened in the last second may be \
            missing. Exit status: 0 success, 1 there is no such run, session, test or card, 69 there is no file, or it cannot be read.

            Example: cardlink-metrics history --errors --since 24h
            Example: cardlink-metrics history sessions --run 12
            Example: cardlink-metrics history apdus 40 --status-word 6AXX
            Example: cardlink-metrics history apdus --test test_opens_a_channel
            Example: cardlink-metrics history card "Virtual PCD 00 00"
            Example: cardlink-metrics history ota --errors
            """,
        subcommands: [
            HistoryRuns.self, HistorySessions.self, HistoryAPDUs.self, HistoryOTA.self, HistoryTests.self,
            HistoryShow.self, HistoryCard.self,
        ],
        defaultSubcommand: HistoryRuns.self)
}

/// `cardlink-metrics history runs`.
struct HistoryRuns: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs", abstract: "The programs that were watched, the newest first.",
        discussion: "Example: cardlink-metrics history runs --since 24h")

    @OptionGroup var history: HistoryOptions
    @OptionGroup var filter: HistoryFilterOptions

    @Option(help: ArgumentHelp("Only runs that used this reader or modem.", valueName: "name"))
    var reader: String?

    func run() async throws {
        var wanted = filter.filter
        wanted.device = reader
        let runs = try await history.reader().runs(wanted)
        try history.show(runs) { HistoryTables.runs($0) }
    }
}

/// `cardlink-metrics history sessions`.
struct HistorySessions: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sessions", abstract: "The sessions with cards, the newest first.",
        discussion: "Example: cardlink-metrics history sessions --run 12")

    @OptionGroup var history: HistoryOptions
    @OptionGroup var filter: HistoryFilterOptions

    @Option(help: ArgumentHelp("Only sessions of this run.", valueName: "number"))
    var run: Int64?

    @Option(help: ArgumentHelp("Only sessions with this reader or modem.", valueName: "name"))
    var reader: String?

    func run() async throws {
        var wanted = filter.filter
        (wanted.run, wanted.device) = (run, reader)
        let sessions = try await history.reader().sessions(wanted)
        try history.show(sessions) { HistoryTables.sessions($0) }
    }
}

/// `cardlink-metrics history apdus`.
struct HistoryAPDUs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apdus", abstract: "The last commands of a session or of a test, in their order.",
        discussion: """
            Example: cardlink-metrics history apdus 40 --status-word 6AXX
            Example: cardlink-metrics history apdus --test test_opens_a_channel
            """)

    @Argument(help: "The session's number.")
    var session: Int64?

    @Option(
        help: ArgumentHelp(
            "The newest test of this name; without what stands before the last :: it will do.", valueName: "name"))
    var test: String?

    @OptionGroup var history: HistoryOptions
    @OptionGroup var filter: HistoryFilterOptions

    func validate() throws {
        guard (session == nil) == (test == nil) else { return }
        throw ValidationError("name a session's number or, with --test, a test: one of both")
    }

    func run() async throws {
        let reader = try await history.reader()
        let (apdus, missing) =
            if let session {
                (
                    try reader.apdus(session: session, filter.filter),
                    "session \(session); see: cardlink-metrics history sessions"
                )
            } else {
                (
                    try reader.apdus(test: test ?? "", filter.filter),
                    "test '\(test ?? "")'; see: cardlink-metrics history tests"
                )
            }
        guard let apdus else {
            say("there is no \(missing)")
            throw ExitCode(1)
        }
        try history.show(apdus) { HistoryTables.apdus($0) }
    }
}

/// `cardlink-metrics history ota`.
struct HistoryOTA: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ota",
        abstract: "Sessions over the air with their legs: with a server, packets in messages, downloads of profiles.",
        discussion: """
            A leg that no tap saw is unknown, and none that cannot be told apart from another session's is taken.

            Example: cardlink-metrics history ota --since 24h
            Example: cardlink-metrics history ota --errors --json
            """)

    @OptionGroup var history: HistoryOptions
    @OptionGroup var filter: HistoryRowOptions

    @Option(help: ArgumentHelp("Only sessions of this run.", valueName: "number"))
    var run: Int64?

    @Option(help: ArgumentHelp("Only sessions of cards in this reader or modem.", valueName: "name"))
    var reader: String?

    @Flag(help: "Only those that failed.")
    var errors = false

    func run() async throws {
        var wanted = filter.filter
        (wanted.run, wanted.device, wanted.hasErrors) = (run, reader, errors)
        let sessions = try await history.reader().ota(wanted)
        try history.show(sessions) { HistoryTables.lines(ofOTA: $0, columns: Output.columns ?? 80) }
    }
}

/// `cardlink-metrics history tests`.
struct HistoryTests: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tests", abstract: "The tests that a test runner told of, the newest first.",
        discussion: "Example: cardlink-metrics history tests --errors --since 24h")

    @OptionGroup var history: HistoryOptions
    @OptionGroup var filter: HistoryFilterOptions

    func run() async throws {
        let tests = try await history.reader().tests(filter.filter)
        try history.show(tests) { HistoryTables.tests($0) }
    }
}

/// `cardlink-metrics history show`.
struct HistoryShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "One run: the bench as it was, devices, sessions, status words, channels, tests.",
        discussion: "Example: cardlink-metrics history show 12")

    @Argument(help: "The run's number.")
    var number: Int64

    @OptionGroup var history: HistoryOptions

    @Option(help: ArgumentHelp("At most so many rows of each kind, the newest ones.", valueName: "count"))
    var limit = 20

    func run() async throws {
        guard let run = try await history.reader().run(number, limit: limit) else {
            say("there is no run \(number); see: cardlink-metrics history")
            throw ExitCode(1)
        }
        try history.show(run) { HistoryTables.lines(of: $0, columns: Output.columns ?? 80) }
    }
}

/// `cardlink-metrics history card`.
struct HistoryCard: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "card",
        abstract: "What the card that was last in a reader usually does: times, status words and lengths by command.",
        discussion: "Example: cardlink-metrics history card \"Virtual PCD 00 00\"")

    @Argument(help: "The reader's whole name.")
    var reader: String

    @OptionGroup var history: HistoryOptions

    func run() async throws {
        guard let card = try await history.reader().fingerprint(ofCardIn: reader) else {
            say("there is no card of a reader '\(reader)' with commands; see: cardlink-metrics history sessions")
            throw ExitCode(1)
        }
        try history.show(card) { HistoryTables.lines(of: $0, columns: Output.columns ?? 80) }
    }
}

/// Where the history is, and how it is shown.
struct HistoryOptions: ParsableArguments {
    @OptionGroup var file: ConfigFileOption
    @OptionGroup var colour: ColourOption

    @Option(
        help: ArgumentHelp("The history's file (default: store.path of the configuration).", valueName: "file"),
        completion: .file())
    var store: String?

    @Flag(help: "Print JSON.")
    var json = false

    func reader() async throws -> HistoryReader {
        if let store { return try HistoryReader(path: store) }
        return try HistoryReader(path: try await file.load()[\.storePath] ?? HistoryStore.Settings.usualPath)
    }

    /// Prints rows as JSON, or as lines for people.
    func show<Value: Encodable>(_ value: Value, _ lines: (Value) -> [ScreenLine]) throws {
        if json {
            let encoder = JSONEncoder()
            encoder.keyEncodingStrategy = .convertToSnakeCase
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            return Output.write(String(decoding: try encoder.encode(value), as: UTF8.self) + "\n")
        }
        let layout = SummaryLayout(columns: Output.columns ?? 80, isColoured: colour.isColoured)
        Output.write(lines(value).map { $0.painted(layout) + "\n" }.joined())
    }

    func show<Row: Encodable>(_ rows: [Row], _ table: ([Row]) -> ScreenTable) throws {
        try show(rows) { rows -> [ScreenLine] in
            guard !rows.isEmpty else { return [ScreenLine(" nothing", .dim)] }
            return table(rows).lines(rows: rows.count, width: Output.columns ?? 80)
        }
    }
}

/// How many rows are shown, and since when.
struct HistoryRowOptions: ParsableArguments {
    @Option(help: ArgumentHelp("At most so many, the newest ones.", valueName: "count"))
    var limit = 20

    @Option(
        help: ArgumentHelp(
            "Only what began since: a length of time before now (30m, 24h, 7d), or a time in UTC (2025-01-31, "
                + "2025-01-31T03:00).", valueName: "time"), transform: HistoryTime.text)
    var since: String?

    func validate() throws {
        if limit < 1 { throw ValidationError("--limit \(limit) shows nothing; give 1 or more") }
    }

    var filter: HistoryFilter {
        var filter = HistoryFilter(limit: limit)
        filter.since = since
        return filter
    }
}

/// Which rows are shown.
struct HistoryFilterOptions: ParsableArguments {
    @OptionGroup var rows: HistoryRowOptions

    @Option(help: ArgumentHelp("Only with this command, as the table calls it: READ BINARY.", valueName: "name"))
    var command: String?

    @Option(help: ArgumentHelp("Only with this status word; X is any digit: 6A82, 63CX.", valueName: "word"))
    var statusWord: String?

    @Flag(help: "Only with commands that failed; refusals of a SELECT do not count.")
    var errors = false

    func validate() throws {
        if let statusWord, statusWord.count != 4 || !statusWord.allSatisfy({ $0.isHexDigit || "xX".contains($0) }) {
            throw ValidationError("--status-word '\(statusWord)' is not four digits, as in 6A82 or 63CX")
        }
    }

    var filter: HistoryFilter {
        var filter = rows.filter
        (filter.command, filter.statusWord) = (command, statusWord)
        filter.hasErrors = errors
        return filter
    }
}

/// Moments as people give them.
enum HistoryTime {
    /// As the history has it.
    static func text(_ text: String) throws -> String {
        if let ago = DurationText.duration(text) {
            let (seconds, attoseconds) = ago.components
            let nanoseconds = UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
            let now = EventClock.now.wallNanoseconds
            return RFC3339.text(wallNanoseconds: now - min(nanoseconds, now))
        }
        // The begin of a time of this form sorts before all that it stands for.
        let pattern = "0000-00-00T00:00:00.000Z"
        let isBegin = zip(text, pattern).allSatisfy { $1 == "0" ? $0.isASCII && $0.isNumber : $0 == $1 }
        guard text.count >= 10, text.count <= pattern.count, isBegin else {
            throw ValidationError(
                "--since '\(text)' is no time; write one as in 24h, 2025-01-31 or 2025-01-31T03:00, in UTC")
        }
        return text
    }
}
