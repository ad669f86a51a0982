internal import ArgumentParser
internal import DaemonClient
internal import FoundationEssentials
internal import Observability

/// `cardlink-metrics test`.
struct TestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Try the probe's metrics, its health, the trace collector, readers and modems.",
        discussion: """
            Each step tells what was tried, how long it took, what was found, and what to do. Readers and modems are \
            those of this machine. Without a choice all are tried.

            Exit status: 0 nothing failed, 1 a step did.

            Example: cardlink-metrics test
            Example: cardlink-metrics test --metrics --health --url http://bench-7:7816 --json
            """)

    @OptionGroup var probe: ProbeOptions
    @OptionGroup var colour: ColourOption

    @Flag(help: "Read the metrics in both text formats.")
    var metrics = false
    @Flag(help: "Read the health checks.")
    var health = false
    @Flag(help: "Send the trace collector a request without spans.")
    var otlp = false
    @Flag(help: "Look for readers.")
    var pcsc = false
    @Flag(help: "Ask the modems.")
    var modem = false

    @Flag(help: "Print an object with an array of steps.")
    var json = false

    private var parts: [ProbeTest.Part] {
        let asked: [(ProbeTest.Part, Bool)] = [
            (.metrics, metrics), (.health, health), (.otlp, otlp), (.pcsc, pcsc), (.modem, modem),
        ]
        let chosen = asked.filter(\.1).map(\.0)
        return chosen.isEmpty ? ProbeTest.Part.allCases : chosen
    }

    func run() async throws {
        let settings = try await probe.file.load()
        let test = ProbeTest(
            try probe.connection(settings), settings: settings,
            environment: ProcessInfo.processInfo.environment, program: Self.probeBesideUs)
        let text = TestText(columns: Output.columns, isColoured: colour.isColoured)
        var steps: [TestStep] = []
        for part in parts {
            let step = await test.run(part)
            if !json { Output.write(text.lines(step).map { $0 + "\n" }.joined()) }
            steps.append(step)
        }
        if json { Output.write(try TestReport(steps: steps).json()) }
        if steps.contains(where: { $0.outcome == .failed }) { throw ExitCode(1) }
    }

    /// The two commands are installed into one folder.
    private static var probeBesideUs: String {
        let own =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        return own.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/cardlink-probe"
    }
}
