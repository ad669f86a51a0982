internal import ArgumentParser
internal import ProbeDaemon
internal import Taps

/// `cardlink-probe replay`.
struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Tell recorded events or a test report: into a summary, a report, a capture, or to a daemon.",
        discussion: """
            Files are those of 'cardlink-probe run --events' and of 'serve --events.recording', FILE.1 before FILE, or \
            test reports in JUnit's XML form; compressed with gzip or not. How the recorded program ended is not in them: \
            the summary's time is that from the first event to the last.

            Exit status: 0 every line was an event, 1 one was not, 69 a file cannot be read or written, or no daemon \
            listens.

            Example: cardlink-probe replay run.ndjson --json report.json
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
        help: ArgumentHelp("Send the events to the daemon whose sockets are in this directory.", valueName: "dir"),
        completion: .directory)
    var to: String?

    @Option(help: ArgumentHelp("Colour the summary: always, auto or never.", valueName: "when"))
    var color: Terminal.Colour = .auto

    @Argument(help: "Files with an event a line, or test reports; - is standard input.", completion: .file())
    var files: [String]

    func run() throws {
        var request = Replay.Request(files: files)
        (request.printsSummary, request.colour) = (summary, color)
        (request.reportFile, request.daemon) = (json, to)
        request.capture = capture.map { CaptureRequest(file: $0) }
        let faults: Int
        do {
            faults = try Replay(request).execute { file, fault in
                Terminal.say("\(file):\(fault.line): \(fault.error)")
            }
        } catch {
            throw fail(error)
        }
        if faults > 0 { throw ExitCode(1) }
    }
}
