internal import ArgumentParser
internal import Glibc
internal import Observability
internal import ProbeDaemon
internal import ProbeEvents
internal import SmartCard
internal import Synchronization

/// `cardlink-probe run`.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a program and see what it says to cards.",
        usage: "cardlink-probe run [OPTIONS] [--] PROGRAM [ARGUMENTS...]",
        discussion: """
            The program needs no change and gets the same answers at the same time. When it ends, a summary goes to \
            standard error if that is a terminal. While a daemon (cardlink-probe serve) listens, it gets every event too.

            Exit status: the program's own; ended by a signal where the program was. 125: run itself failed, 126: the \
            program cannot be run, 127: it was not found.

            Example: cardlink-probe run -- opensc-tool --name
            Example: cardlink-probe run --expect VERIFY=63CX -- ./wrong-pin-test
            Example: cardlink-probe run --json report.json --capture card.pcapng -- pcsc_scan -r
            """)

    @Flag(
        name: .long, inversion: .prefixedNo, exclusivity: .chooseLast,
        help: "Print the summary, or not; without a word it is printed when standard error is a terminal.")
    var summary: Bool?

    @Option(help: ArgumentHelp("Write the report as JSON.", valueName: "file"), completion: .file())
    var json: String?

    @Option(
        help: ArgumentHelp(
            "Write commands and responses into a file that Wireshark opens (pcapng), without secrets and without the "
                + "contents of files.", valueName: "file"), completion: .file())
    var capture: String?

    @Option(
        help: ArgumentHelp(
            "Send commands and responses as they happen, as GSMTAP in UDP, to a Wireshark that listens there: "
                + "127.0.0.1:4729 is what it knows.", valueName: "host:port"),
        transform: { try ListenAddress(sendingTo: $0) })
    var captureGsmtap: ListenAddress?

    @Flag(help: "Write the contents of files into the capture too; identities in them as a hash, keys never.")
    var captureFiles = false

    @Flag(help: "Write identities (ICCID, IMSI and the like) into the capture in clear.")
    var showIdentity = false

    @Option(
        help: ArgumentHelp("Write every event as a line, for cardlink-probe replay.", valueName: "file"),
        completion: .file())
    var events: String?

    @Option(
        help: ArgumentHelp(
            "A failure that is meant: VERIFY=63CX, SELECT=not_found, *=6985. It is counted apart, and is no error. May be "
                + "given more than once.", valueName: "command=outcome"),
        completion: .list(CommandName.all.map { "\($0)=" }), transform: { try ExpectedOutcome(expecting: $0) })
    var expect: [ExpectedOutcome] = []

    @Option(
        help: ArgumentHelp("Serve metrics while the program runs; port 0 takes a free one.", valueName: "host:port"),
        transform: { try ListenAddress(parsing: $0) })
    var metrics: ListenAddress?

    @Option(
        help: ArgumentHelp(
            "Push metrics to a Pushgateway when the program has ended, in the place of the bench's last ones; with "
                + "/metrics/job/NAME behind its address, to that group.", valueName: "url"))
    var push: String?

    @Option(
        help: ArgumentHelp(
            "Which version of the tester this is, for the history; without it CARDLINK_TESTER_VERSION says it. The "
                + "commit of the current directory's repository is noted by itself.", valueName: "text"))
    var testerVersion: String?

    @Option(help: ArgumentHelp("Colour the summary: always, auto or never.", valueName: "when"))
    var color: Terminal.Colour = .auto

    @OptionGroup var place: RuntimeDirectoryOption

    @Argument(parsing: .captureForPassthrough, help: "The program and its arguments.")
    var program: [String] = []

    mutating func validate() throws {
        if program.first == "--" { program.removeFirst() }
        guard let first = program.first else {
            throw ValidationError("no program to run; write: cardlink-probe run PROGRAM")
        }
        // What is captured for the program is not looked through for the options that every command has.
        if ["-h", "--help"].contains(first) { throw CleanExit.helpRequest(self) }
        if first == "--version" { throw CleanExit.message(CardlinkProbe.configuration.version) }
        guard !first.hasPrefix("-") else {
            throw ValidationError("unknown option '\(first)'")
        }
        try validateCapture()
        if let testerVersion, !Run.Request.isTesterVersion(testerVersion) {
            throw ValidationError("--tester-version '\(testerVersion)' is not 1 to 64 printable characters of ASCII")
        }
        // Not the parser's own error, which would show the address with a password in it.
        do { _ = try push.map(PushTarget.init) } catch { throw ValidationError("--push: \(error)") }
    }

    /// What the options say together.
    private func validateCapture() throws {
        if capture == "-" {
            throw ValidationError(
                "--capture - would mix the capture with the program's own output; name a FIFO, or in bash: "
                    + "--capture >(wireshark -k -i -)")
        }
        if captureFiles, capture == nil, captureGsmtap == nil {
            throw ValidationError("--capture-files needs --capture FILE")
        }
        if showIdentity, !captureFiles { throw ValidationError("--show-identity needs --capture-files") }
    }

    func run() async throws {
        var request = Run.Request(arguments: CallWords.last(program.count))
        request.summary = summary.map { $0 ? .always : .never } ?? .onTerminal
        request.colour = color
        request.reportFile = json
        request.recording = events
        if capture != nil || captureGsmtap != nil {
            request.capture = CaptureRequest(
                file: capture, live: captureGsmtap, includesFiles: captureFiles, showsIdentities: showIdentity)
        }
        request.expected = expect
        request.testerVersion = testerVersion
        request.metrics = metrics
        request.push = try push.map(PushTarget.init)
        request.runtimeDirectory = place.runtimeDir
        end(like: await Run(request, origin: Self.origin.withLock { $0 } ?? ProcessOrigin()).execute())
    }

    private static let origin = Mutex<ProcessOrigin?>(nil)

    /// Notes what the program is to have, and becomes it where nothing could be seen; for the main thread, first of all.
    static func noteOrigin() {
        let noted = ProcessOrigin()
        origin.withLock { $0 = noted }
        guard !ProcessOrigin.hasProcessAccount,
            let command = try? CardlinkProbe.parseAsRoot(CallWords.texts) as? RunCommand
        else { return }
        noted.becomeUnseen(CallWords.last(command.program.count))
    }
}

extension ExpectedOutcome {
    /// A rule as people give it; what is wrong with one is said in a line.
    fileprivate init(expecting text: String) throws {
        do throws(Fault) {
            try self.init(text)
        } catch {
            throw ValidationError("--expect \(text): \(Self.words(error))")
        }
    }

    private static func words(_ fault: Fault) -> String {
        switch fault {
        case .form: "not COMMAND=OUTCOME, such as VERIFY=63CX"
        case .command(let name):
            NearestName.of(name, among: CommandName.all.map(\.name)).map {
                "no command '\(name)'; did you mean '\($0)'?"
            }
                ?? "no command '\(name)'; names are those of the summary, * stands for any"
        case .outcome(let word):
            "'\(word)' is no status word (four digits, X for any) and none of "
                + APDUErrorType.allCases.map(\.name).joined(separator: ", ")
        case .success(let statusWord): "\(statusWord) is no failure, so there is nothing to expect"
        }
    }
}
