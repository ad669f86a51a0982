internal import CardReader
internal import Glibc
package import Observability
package import ProbeEvents
internal import SmartCard
internal import Taps
internal import TelemetryExport

/// Runs a program with the tap in front of its PC/SC library, and tells at its end what happened.
///
/// Whatever fails on the probe's side is said in a line, and the program runs all the same.
package struct Run: Sendable {
    /// What was asked for.
    package struct Request: Sendable {
        /// When the summary is printed.
        package enum Summary: Sendable {
            case always, onTerminal, never
        }

        /// The program and its arguments, as they came; they may be no text.
        package var arguments: [[UInt8]]
        /// Whether to print the summary.
        package var summary = Summary.onTerminal
        /// Whether to colour it.
        package var colour = Terminal.Colour.auto
        /// A file for the report as JSON.
        package var reportFile: String?
        /// A file for the events, to be replayed.
        package var recording: String?
        /// A file for the bytes of commands and responses.
        package var capture: CaptureRequest?
        /// Where to serve metrics while the program runs.
        package var metrics: ListenAddress?
        /// Failures that the program is to meet.
        package var expected: [ExpectedOutcome] = []
        /// A Pushgateway for the metrics of the whole run.
        package var push: PushTarget?
        /// Which version of the tester it is; nil where nobody says it.
        package var testerVersion: String?
        /// The directory for sockets; nil for the usual one.
        package var runtimeDirectory: String?

        /// A request to run this and nothing else.
        package init(arguments: [[UInt8]]) { self.arguments = arguments }
    }

    private let request: Request
    private let origin: ProcessOrigin

    /// A run that has not begun.
    package init(_ request: Request, origin: ProcessOrigin) {
        self.request = request
        self.origin = origin
    }

    /// The whole run; returns how the program ended, or with `env`'s code why it could not begin.
    package func execute() async -> RunOutcome.Ending {
        let report = attempt { () throws(ReportFileError) in try request.reportFile.map(ReportFile.init) } ?? nil
        let summary = RunSummary()
        let ring = EventRing()
        let bus = EventBus([summary, ring])
        let recording =
            attempt { () throws(EventRecordingError) in try request.recording.map(EventRecording.init) } ?? nil
        if let recording { ring.add(recording.reader) }
        let sharing = SharingSink(bus, watchingStrangers: StrangerWatch())
        let forwarder = connectToDaemon()
        // A daemon sees more programs than this run, and works out itself what they took from one another.
        let told = EventBus([sharing])
        let variables = EnvironmentVariables.current
        let bench = RunBench(variables)
        let read = exportVariables(variables)
        let exported = MetricSettings(read)
        // A daemon counts the same events: then only the probe's own numbers are told here.
        let collector =
            RunMetrics.areWanted(request, exported)
            ? Collector(scope: forwarder == nil ? .everything : .probeHealth) : nil
        let trace = await RunTrace(of: shortName, variables, read, counting: collector, bench: bench)
        if let trace { bus.add(trace.sink) }
        if let forwarder { told.add(trace?.marking(forwarder) ?? forwarder) }
        let ownVariables = trace?.environment(variables) ?? variables
        let capture = request.capture.flatMap { wanted in
            attempt { try RunCapture(wanted, traceparent: ownVariables.text("TRACEPARENT")) }
        }
        // The capture's sink alone gets more than the standard level.
        let expected = ExpectedOutcomes(told, rules: request.expected)
        let standard = StandardLevel(expected)
        let taps = EventBus([request.capture.map { IdentifiedCards.before(standard, $0) } ?? standard])
        if let capture { taps.add(capture.sink) }
        let tap = attempt {
            try RunTap(runtimeDirectory: request.runtimeDirectory, sink: taps, failures: summary.failures)
        }
        let metrics = await RunMetrics(request, counting: collector, of: tap, bench: bench, exported)
        if let collector {
            bus.add(collector)
            if let live = metrics?.live { ring.add(live.reader) }
            trace?.show(in: collector)
        }

        let started = EventClock.now
        var given = ownVariables
        given.tellTester(version: request.testerVersion)
        let own = given.entries
        let file = ProgramFile(named: programName, path: getenv("PATH").map { String(cString: $0) } ?? "/bin:/usr/bin")
        let environment = file.toleratesShim ? tap?.environment(own, level: capture?.level ?? .standard) ?? own : own
        let program: WrappedProgram
        do throws(WrappedProgram.StartFailure) {
            program = try WrappedProgram.start(request.arguments, environment: environment, origin: origin)
        } catch {
            Terminal.say(error.explanation)
            tap?.stop()
            capture?.finish()
            _ = recording?.finish()
            await finish(trace, metrics, .exited(error.exitCode))
            return .exited(error.exitCode)
        }
        let libraries = MappedLibraries(pid: program.pid)
        let watch = Task { await libraries.watch() }
        let ending = await program.end()
        watch.cancel()
        var outcome = outcome(of: ending, since: started)
        outcome.remarkWithoutCalls = tap?.remark(on: file, mapped: libraries.paths) ?? "The probe did not listen."

        await tap?.end()
        outcome.expectations = expected.expectations
        sharing.finish()
        capture?.finish()
        await finish(trace, metrics, ending)
        identifyCards(summary, ring)
        recording?.finish().map(Terminal.say)
        if let forwarder { finish(forwarder) }
        tell(summary.report(of: outcome), in: report)
        return ending
    }

    /// Sends what goes out at the end, side by side, so that servers which hang cost the time of one.
    private func finish(_ trace: RunTrace?, _ metrics: RunMetrics?, _ ending: RunOutcome.Ending) async {
        async let traced: ()? = trace?.finish(ending)
        async let counted: ()? = metrics?.finish()
        _ = await (traced, counted)
    }

    /// The variables that say what goes out where; what is wrong with one for several signals is told once.
    private func exportVariables(_ variables: EnvironmentVariables) -> ExportVariables {
        let told = ToldLines()
        return ExportVariables(variables.text) { line in
            if told.isNew(line) { Terminal.say(line) }
        }
    }

    private func outcome(of ending: RunOutcome.Ending, since started: EventClock) -> RunOutcome {
        RunOutcome(
            program: shortName, ending: ending,
            startedNanoseconds: started.monotonicNanoseconds, endedNanoseconds: EventClock.monotonicNow,
            startedWallNanoseconds: started.wallNanoseconds)
    }

    /// Asks pcscd which card is in a reader, where the program itself never did; it need not answer.
    private func identifyCards(_ summary: RunSummary, _ recording: EventRing) {
        let unknown = summary.readersWithUnknownCard
        guard !unknown.isEmpty, let listing = try? ReaderListing.take(within: .milliseconds(300)) else { return }
        for reader in listing.readers where unknown.contains(reader.name) {
            guard let atr = reader.atr else { continue }
            let nobody = ClientProcess(id: 0, pid: 0, program: "")
            let identified = ProbeEvent.cardIdentified(
                CardIdentified(stamp: .now(source: .cardReader), client: nobody, reader: reader.name, atr: atr))
            summary.receive(identified)
            recording.receive(identified)
        }
    }

    private func tell(_ report: RunReport, in file: ReportFile?) {
        let isWanted =
            switch request.summary {
            case .always: true
            case .never: false
            case .onTerminal: Terminal.isInteractive
            }
        if isWanted {
            let size = Terminal.size ?? (columns: 80, lines: 24)
            let text = SummaryText(
                report, columns: size.columns, lines: size.lines, isColoured: Terminal.isColoured(request.colour))
            Terminal.write(text.text)
        }
        guard let file else { return }
        attempt { try file.write(Array(try report.json())) }
    }

    /// The program's name without directory.
    private var shortName: String { programName.split(separator: "/").last.map(String.init) ?? "" }

    private var programName: String { String(decoding: request.arguments.first ?? [], as: UTF8.self) }

    // MARK: The other side

    private func connectToDaemon() -> EventForwarder? {
        for directory in RuntimeDirectory.candidates(named: request.runtimeDirectory) where directory.hasDaemon {
            let found =
                attempt { try EventForwarder.connect(path: directory.eventSocket, within: .milliseconds(300)) } ?? nil
            if let found { return found }
        }
        return nil
    }

    private func finish(_ forwarder: EventForwarder) {
        let undelivered = forwarder.finish(within: .seconds(2))
        if undelivered > 0 { Terminal.say("\(undelivered) events did not reach the daemon; the summary has them") }
    }

    /// What an attempt gives; says why when it fails, and goes on without.
    @discardableResult
    private func attempt<Value, Failure: Error>(_ work: () throws(Failure) -> Value) -> Value? {
        do throws(Failure) {
            return try work()
        } catch {
            Terminal.say("\(error)")
            return nil
        }
    }
}
