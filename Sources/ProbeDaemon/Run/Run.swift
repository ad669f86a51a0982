internal import Glibc
package import Observability
package import ProbeEvents
internal import SmartCard
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
        let report =
            Terminal.attempt { () throws(ReportFileError) in try request.reportFile.map(ReportFile.init) } ?? nil
        let variables = EnvironmentVariables.current
        let bench = RunBench(variables)
        let exports = exportVariables(variables)
        let exported = MetricSettings(exports)
        let sinks = await RunSinks(
            request, of: shortName, variables, exports, wantsNumbers: RunMetrics.areWanted(request, exported),
            bench: bench)
        var own = sinks.trace?.environment(variables) ?? variables
        own.tellTester(version: request.testerVersion)
        let tap = Terminal.attempt { [own] in
            try RunTap(
                runtimeDirectory: request.runtimeDirectory, environment: own.entries, sink: sinks.entry,
                lookAround: sinks.sharing.lookAround, failures: sinks.summary.failures)
        }
        let metrics = await RunMetrics(request, counting: sinks.collector, of: tap, bench: bench, exported)
        if let live = metrics?.live { sinks.add(live) }

        let started = EventClock.now
        let file = ProgramFile(named: programName, path: getenv("PATH").map { String(cString: $0) } ?? "/bin:/usr/bin")
        let level = sinks.capture?.level ?? .standard
        let environment = file.toleratesShim ? tap?.environment(own.entries, level: level) ?? own.entries : own.entries
        let program: WrappedProgram
        do throws(WrappedProgram.StartFailure) {
            program = try WrappedProgram.start(request.arguments, environment: environment, origin: origin)
        } catch {
            Terminal.say(error.explanation)
            tap?.stop()
            sinks.giveUpRecording()
            var outcome = outcome(of: .exited(error.exitCode), since: started)
            await sinks.finish(&outcome, sending: metrics)
            return outcome.ending
        }
        let libraries = MappedLibraries(pid: program.pid)
        let watch = Task { await libraries.watch() }
        let ending = await program.end()
        watch.cancel()
        var outcome = outcome(of: ending, since: started)
        outcome.remarkWithoutCalls = tap?.remark(on: file, mapped: libraries.paths) ?? "The probe did not listen."

        await tap?.end()
        await sinks.finish(&outcome, sending: metrics)
        tell(sinks.summary.report(of: outcome), in: report)
        return ending
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
        Terminal.attempt { try file.write(Array(try report.json())) }
    }

    /// The program's name without directory.
    private var shortName: String { programName.split(separator: "/").last.map(String.init) ?? "" }

    private var programName: String { String(decoding: request.arguments.first ?? [], as: UTF8.self) }
}
