internal import Glibc
internal import Observability
internal import ProbeEvents
internal import PrometheusClient
internal import SmartCard
package import Taps

/// Tells recorded events and the logs of other programs again: into a summary, a report, a capture, a history, metrics, or
/// to a daemon.
package struct Replay: Sendable {
    /// What was asked for.
    package struct Request: Sendable {
        /// The files, in order.
        package var files: [String]
        /// What they are; nil where each is looked at.
        package var format: LogFormat?
        /// A file for the one log without its secrets; `-` is standard output.
        package var redactedFile: String?
        /// A file for the events.
        package var recording: String?
        /// A file for the history.
        package var store: String?
        /// A file for metrics, as Prometheus' text.
        package var metricsFile: String?
        /// Whether to print the summary.
        package var printsSummary = true
        /// Whether to colour it.
        package var colour = Terminal.Colour.auto
        /// A file for the report as JSON.
        package var reportFile: String?
        /// A file for the bytes of commands and responses.
        package var capture: CaptureRequest?
        /// A daemon's runtime directory, to which the events go.
        package var daemon: String?

        /// A request to read these files.
        package init(files: [String]) { self.files = files }
    }

    private let request: Request

    /// A replay that has not begun.
    package init(_ request: Request) { self.request = request }

    /// Whether two names are those of one file.
    package static func isSameFile(_ first: String, _ second: String) -> Bool {
        var (one, other) = (stat(), stat())
        guard stat(first, &one) == 0, stat(second, &other) == 0 else { return false }
        return one.st_mode & S_IFMT == S_IFREG && one.st_dev == other.st_dev && one.st_ino == other.st_ino
    }

    /// Reads all files; returns how many lines could not be read, each of which is told, and what came of logs.
    package func execute(
        complain: (_ file: String, LineFault) -> Void
    ) throws -> (faults: Int, logs: [ReplayedLog]) {
        // Before a file that is written to loses what was in it.
        for file in request.files { try ReplayFile.checkReadable(file) }
        let report = try request.reportFile.map(ReportFile.init)
        let metrics = try request.metricsFile.map(ReportFile.init)
        let redacted = try request.redactedFile.map(RedactedFile.init)
        let outputs = try ReplayOutputs(request)
        let summary = RunSummary()
        let collector = metrics.map { _ in Collector() }
        // What a log has beyond what metrics and the like may have goes into a capture alone.
        let timelines = OTATimelines(clock: .recorded) { collector?.countUnfollowedTimelines($0) }
        if let collector { timelines.add { collector.record($0) } }
        if let history = outputs.history { timelines.add { history.receive($0) } }
        let standard = StandardLevel(ReplaySinks(summary, collector, timelines, outputs))
        var span = ReplaySpan()
        var faults = 0
        var logs: [ReplayedLog] = []
        // A recording may go on from one file to the next.
        var reader = EventReader(isRecording: true)
        for (index, file) in request.files.enumerated() {
            let log = try ReplayFile(path: file, format: request.format, number: index + 1).read(
                events: &reader, into: redacted
            ) { event in
                span.note(event.stamp)
                standard.receive(event)
                outputs.capture(event)
            } complain: { fault in
                faults += 1
                complain(file, fault)
            }
            if let log { logs.append(log) }
        }
        let outcome = span.outcome(named: request.files.map { $0.split(separator: "/").last.map(String.init) ?? $0 })
        timelines.finish()
        try redacted?.commit()
        try outputs.finish()
        try show(summary.report(of: outcome), logs, in: report)
        if let collector, let metrics {
            try metrics.write(TextExposition(of: collector.registry).reduce(into: []) { $0 += $1 })
        }
        return (faults, logs)
    }

    private func show(_ report: RunReport, _ logs: [ReplayedLog], in file: ReportFile?) throws {
        if request.printsSummary {
            let size = Terminal.size ?? (columns: 80, lines: 24)
            let isColoured = Terminal.isColoured(request.colour)
            Terminal.write(SummaryText(report, columns: size.columns, lines: size.lines, isColoured: isColoured).text)
        }
        guard let file else { return }
        try file.write(Array(logs.isEmpty ? try report.json() : try RunReport.json(of: ReplayReport(report, logs))))
    }
}

/// The report of a run, and what came of the logs that it was made of.
private struct ReplayReport: Encodable {
    private struct Log: Encodable {
        var file: String
        var format: String
        var lines: UInt64
        var commands: UInt64
        var unanswered: UInt64
        var untimed: UInt64
        var unread: UInt64
        var cutBytes: UInt64
        var cutCommands: [String: UInt64]
        var cutOtherLines: UInt64

        init(_ log: ReplayedLog) {
            let account = log.account ?? LogAccount()
            (file, format) = (log.file, log.format.name)
            (lines, commands) = (account.lines, account.commands)
            (unanswered, untimed, unread) = (account.unanswered, account.untimed, account.unread)
            (cutBytes, cutOtherLines) = (log.cuts.bytes, log.cuts.otherLines)
            cutCommands = Dictionary(log.cuts.commands.map { ($0.key.name, $0.value) }) { $0 + $1 }
        }
    }

    private enum CodingKeys: String, CodingKey {
        case logs
    }

    private let report: RunReport
    private let logs: [Log]

    init(_ report: RunReport, _ logs: [ReplayedLog]) { (self.report, self.logs) = (report, logs.map(Log.init)) }

    func encode(to encoder: any Encoder) throws {
        try report.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(logs, forKey: .logs)
    }
}

/// What hears of events as far as all may know them.
private final class ReplaySinks: EventSink {
    private let summary: RunSummary
    private let collector: Collector?
    private let timelines: OTATimelines
    private let outputs: ReplayOutputs

    init(_ summary: RunSummary, _ collector: Collector?, _ timelines: OTATimelines, _ outputs: ReplayOutputs) {
        (self.summary, self.collector, self.timelines, self.outputs) = (summary, collector, timelines, outputs)
    }

    func receive(_ event: ProbeEvent) {
        summary.receive(event)
        collector?.receive(event)
        timelines.receive(event)
        outputs.receive(event)
    }
}

/// From when until when events were.
private struct ReplaySpan {
    private var first: EventStamp?
    private var endNanoseconds: UInt64 = 0

    mutating func note(_ stamp: EventStamp) {
        if stamp.startNanoseconds < first?.startNanoseconds ?? .max { first = stamp }
        endNanoseconds = max(endNanoseconds, stamp.endNanoseconds)
    }

    /// How the recorded program ended is not recorded.
    func outcome(named names: [String]) -> RunOutcome {
        RunOutcome(
            program: names.joined(separator: ", "), ending: .exited(0),
            startedNanoseconds: first?.startNanoseconds ?? 0, endedNanoseconds: endNanoseconds,
            startedWallNanoseconds: first?.wallNanoseconds ?? 0,
            remarkWithoutCalls: "The recording has no PC/SC call.")
    }
}

/// Tells events to a daemon no faster than it takes them.
final class EventDelivery: Sendable {
    /// Events that wait to be sent: fewer than the forwarder keeps.
    private static let mostWaiting = 4_096
    private static let patience = Duration.seconds(10)

    private let forwarder: EventForwarder
    private let directory: RuntimeDirectory

    init(runtimeDirectory named: String) throws(EventDeliveryError) {
        directory = RuntimeDirectory(named: named)
        do {
            guard let found = try EventForwarder.connect(path: directory.eventSocket, within: .seconds(2)) else {
                throw EventDeliveryError.nobody(directory.eventSocket)
            }
            forwarder = found
        } catch let error as EventDeliveryError {
            throw error
        } catch {
            throw .refused("\(error)")
        }
    }

    func tell(_ event: ProbeEvent) {
        let latest = ContinuousClock.now + Self.patience
        while forwarder.waiting >= Self.mostWaiting, ContinuousClock.now < latest { usleep(500) }
        forwarder.receive(event)
    }

    func finish() throws(EventDeliveryError) {
        let undelivered = forwarder.finish(within: Self.patience)
        if undelivered > 0 { throw .undelivered(undelivered, directory.eventSocket) }
    }
}

/// Why events do not reach a daemon.
enum EventDeliveryError: ExplainedError {
    case nobody(String)
    case refused(String)
    case undelivered(UInt64, String)

    /// One line: what, where, what to do next.
    var explanation: String {
        switch self {
        case .nobody(let path): "no daemon listens on \(path); start one: cardlink-probe serve"
        case .refused(let why): why
        case .undelivered(let count, let path): "\(count) events were not confirmed on \(path); see its log"
        }
    }
}
