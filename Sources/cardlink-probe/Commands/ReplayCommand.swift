internal import ArgumentParser
internal import ProbeDaemon
internal import Taps

/// `cardlink-probe replay`.
struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Tell what a file has: into a summary, a report, a capture, a history, metrics, or to a daemon.",
        discussion: """
            Files are those of 'cardlink-probe run --events' and of 'serve --events.recording', FILE.1 before FILE, test \
            reports in JUnit's XML form, and logs by other programs: pcscd --apdu, libpcscspy, OPENSC_DEBUG=9, apdu4j and \
            GlobalPlatformPro -d, hex lines as pySim and scriptor write them, GSMTAP in pcap or pcapng; compressed with \
            gzip or not. What a file is is seen by itself. How the program ended is not in them: the summary's time is that \
            from the first event to the last. What a log does not say, such as times, is not made up.

            --redact writes a log again without its secrets and the contents of files, each digit as 0, everything else \
            as it is, and says what it cut.

            Exit status: 0 every line could be read, 1 one could not, 69 a file cannot be read or written, or no daemon \
            listens.

            Example: cardlink-probe replay run.ndjson --json report.json
            Example: cardlink-probe replay pcscd.log --redact pcscd.clean.log
            Example: cardlink-probe replay target/surefire-reports/TEST-example.xml --to /run/cardlink-probe
            """)

    @Flag(name: .long, inversion: .prefixedNo, exclusivity: .chooseLast, help: "Print the summary, or not.")
    var summary = true

    @Option(help: ArgumentHelp("Write the report as JSON.", valueName: "file"), completion: .file())
    var json: String?

    @Option(
        help: ArgumentHelp(
            "Write commands and responses into a file that Wireshark opens (pcapng).", valueName: "file"),
        completion: .file())
    var capture: String?

    @Option(
        help: ArgumentHelp(
            "What the files are: \(LogFormat.allCases.map(\.name).joined(separator: ", ")).", valueName: "format"),
        completion: .list(LogFormat.allCases.map(\.name)), transform: LogFormat.init(option:))
    var format: LogFormat?

    @Option(
        help: ArgumentHelp(
            "Write the log again without its secrets; - is standard output.", valueName: "file"), completion: .file())
    var redact: String?

    @Option(
        help: ArgumentHelp("Write every event as a line, for cardlink-metrics compare.", valueName: "file"),
        completion: .file())
    var events: String?

    @Option(
        help: ArgumentHelp("Write into a history, for cardlink-metrics history --store.", valueName: "file"),
        completion: .file())
    var store: String?

    @Option(
        help: ArgumentHelp("Write metrics in Prometheus' text format.", valueName: "file"), completion: .file())
    var metrics: String?

    @Option(
        help: ArgumentHelp("Send the events to the daemon whose sockets are in this directory.", valueName: "dir"),
        completion: .directory)
    var to: String?

    @Option(help: ArgumentHelp("Colour the summary: always, auto or never.", valueName: "when"))
    var color: Terminal.Colour = .auto

    @Argument(help: "Files with events, test reports or logs; - is standard input.", completion: .file())
    var files: [String]

    /// Lines that are told one by one for each file.
    private static let toldLines = 100

    func validate() throws {
        if redact != nil, files.count != 1 { throw ValidationError("--redact takes one file; call it for each") }
        for case let (option, output?) in [
            ("events", events), ("json", json), ("capture", capture), ("metrics", metrics), ("store", store),
        ] where files.contains(where: { Replay.isSameFile($0, output) }) {
            throw ValidationError("--\(option) would write over \(output), which is read; name another file")
        }
    }

    func run() throws {
        var request = Replay.Request(files: files)
        (request.printsSummary, request.colour) = (summary, color)
        (request.reportFile, request.daemon) = (json, to)
        request.capture = capture.map { CaptureRequest(file: $0) }
        (request.format, request.redactedFile, request.recording) = (format, redact, events)
        (request.store, request.metricsFile) = (store, metrics)
        var told: [String: Int] = [:]
        let result: (faults: Int, logs: [ReplayedLog])
        do {
            result = try Replay(request).execute { file, fault in
                told[file, default: 0] += 1
                guard told[file, default: 0] <= Self.toldLines else { return }
                Terminal.say("\(file):\(fault.line): \(fault.error)")
            }
        } catch {
            throw fail(error)
        }
        for (file, count) in told.sorted(by: { $0.key < $1.key }) where count > Self.toldLines {
            Terminal.say("\(file): \(count - Self.toldLines) more lines could not be read")
        }
        for log in result.logs {
            log.words.map(Terminal.say)
            if redact != nil { Terminal.say(log.cutWords) }
        }
        if result.faults > 0 { throw ExitCode(1) }
    }
}

extension LogFormat {
    /// A format by the name that `--format` has.
    fileprivate init(option name: String) throws {
        guard let format = LogFormat(rawValue: name) else {
            throw ValidationError(
                "no format '\(name)'; there is: \(LogFormat.allCases.map(\.name).joined(separator: ", "))")
        }
        self = format
    }
}
