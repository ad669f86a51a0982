internal import Glibc
internal import Observability
internal import ProbeEvents
package import Taps

/// Tells recorded events again: into a summary, a report, a capture, or to a daemon.
package struct Replay: Sendable {
    /// What was asked for.
    package struct Request: Sendable {
        /// The files, in order.
        package var files: [String]
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

    /// Reads all files; returns how many lines were no events, each of which is told.
    package func execute(complain: (_ file: String, LineFault) -> Void) throws -> Int {
        let report = try request.reportFile.map(ReportFile.init)
        let capture = try request.capture.map { try RunCapture($0) }
        let delivery = try request.daemon.map { try EventDelivery(runtimeDirectory: $0) }
        let summary = RunSummary()
        var span = ReplaySpan()
        var faults = 0
        // A recording may go on from one file to the next.
        var reader = EventReader(isRecording: true)
        for file in request.files {
            try EventFile(file).read(with: &reader) { event in
                span.note(event.stamp)
                summary.receive(event)
                capture?.sink.receive(event)
                delivery?.tell(event)
            } complain: { fault in
                faults += 1
                complain(file, fault)
            }
        }
        capture?.finish()
        let outcome = span.outcome(named: request.files.map { $0.split(separator: "/").last.map(String.init) ?? $0 })
        try show(summary.report(of: outcome), in: report)
        try delivery?.finish()
        return faults
    }

    private func show(_ report: RunReport, in file: ReportFile?) throws {
        if request.printsSummary {
            let size = Terminal.size ?? (columns: 80, lines: 24)
            let isColoured = Terminal.isColoured(request.colour)
            Terminal.write(SummaryText(report, columns: size.columns, lines: size.lines, isColoured: isColoured).text)
        }
        try file?.write(Array(try report.json()))
    }
}

/// From when until when events were.
private struct ReplaySpan {
    private var first: EventStamp?
    private var endNanoseconds: UInt64 = 0

    mutating func note(_ stamp: EventStamp) {
        if stamp.startNanoseconds < first?.startNanoseconds ?? .max { first = stamp }
        endNanoseconds = max(endNanoseconds, stamp.startNanoseconds + stamp.durationNanoseconds)
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
final class EventDelivery {
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
