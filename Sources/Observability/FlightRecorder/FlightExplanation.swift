internal import FoundationEssentials
internal import ProbeEvents
internal import SmartCard

/// A flight in ten lines: what failed, what was going on, why, what was different from usual, where to look.
package struct FlightExplanation: Sendable {
    /// Commands before the fault that are shown.
    private static let shownCommands = 6

    private let file: FlightFile
    private let scene: FlightScene
    /// Why it failed.
    package let cause: FlightCause

    /// The explanation of a file.
    package init(_ file: FlightFile) {
        self.file = file
        scene = FlightScene(file)
        cause = FlightCauses.of(scene)
    }

    /// The lines, each at most so wide; the first tells when and what, the others have a label.
    package func lines(columns: Int, isColoured: Bool = false) -> [String] {
        let layout = SummaryLayout(columns: max(80, columns), isColoured: isColoured)
        let header = file.header
        let title = SummaryLayout.Part("\(header.time)  \(SummaryFormat.name(header.message, limit: 200))", .bold)
        let certainty = cause.certainty == .unknown ? "not known" : cause.certainty.rawValue
        let style: SummaryLayout.Style = cause.certainty == .unknown ? .notice : .alarm
        return layout.wrapped([title], "", indent: 0)
            + layout.sentence("where", place)
            + layout.sentence("running", running)
            + layout.sentence("before", commands)
            + layout.sentence("cause", "\(certainty): \(cause.words)", style)
            + layout.sentence("seen", cause.evidence)
            + layout.sentence("unusual", unusual)
            + layout.sentence("after", aftermath)
            + layout.sentence("do", cause.advice)
            + layout.sentence("file", about)
    }

    /// All of it but the events, as JSON.
    package func json() -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        // JSON has all that is in it: its times are finite.
        let data = try? encoder.encode(Told(flight: file.header, cause: cause, events: file.events.count))
        return Array(data ?? Data()) + [UInt8(ascii: "\n")]
    }

    private struct Told: Encodable {
        var flight: FlightHeader
        var cause: FlightCause
        var events: Int
    }

    // MARK: The lines

    private var place: String {
        var parts = [SummaryFormat.name(file.header.device.isEmpty ? "(name unknown)" : file.header.device)]
        if let atr = atr {
            let card = (try? ATR(atr))?.likelyCard ?? .unknown
            let kind = card == .unknown ? "" : " (\(card.name))"
            parts.append("ATR \(HexBytes(Array(atr.prefix(2)))) …\(kind)")
        }
        if let bench = file.header.bench["bench"], !bench.isEmpty { parts.append("bench \(SummaryFormat.name(bench))") }
        return parts.joined(separator: ", ")
    }

    /// Of the card in the reader, as it was known last.
    private var atr: [UInt8]? {
        for event in file.events.reversed() {
            switch event {
            case .readerChanged(let change) where change.reader == file.header.device && !change.atr.bytes.isEmpty:
                return change.atr.bytes
            case .cardIdentified(let card) where card.reader == file.header.device: return card.atr.bytes
            default: break
            }
        }
        return nil
    }

    /// Program and test.
    private var running: String {
        var parts: [String] = []
        if let client = scene.fault?.subject.client {
            parts.append("\(SummaryFormat.name(client.program)) (pid \(client.pid))")
        }
        if let test = test { parts.append("test \(SummaryFormat.name(test, limit: 100))") }
        return parts.joined(separator: ", ")
    }

    /// The test that ran then, where it was one alone.
    private var test: String? {
        if case .test(.ended(let ended))? = scene.fault { return ended.test }
        var running: [TestIdentity] = []
        for event in file.events where event.stamp.startNanoseconds <= file.header.nanoseconds {
            switch event {
            case .test(.began(let began)): running.append(began.identity)
            case .test(.ended(let ended)) where ended.stamp.endNanoseconds < file.header.nanoseconds:
                running.removeAll { $0 == ended.identity }
            default: break
            }
        }
        return running.count == 1 ? running[0].test : nil
    }

    /// The last commands, the one that failed at the end.
    private var commands: String {
        guard let exchange = scene.exchange else { return "" }
        let shown = scene.before.prefix(Self.shownCommands - 1).reversed() + [exchange]
        return shown.map { "\($0.name) \(Self.outcome($0))" }.joined(separator: " · ")
    }

    private static func outcome(_ exchange: APDUExchange) -> String {
        exchange.statusWord?.description ?? PCSCResult(exchange.resultCode).symbol
    }

    /// What was different from how this command usually goes.
    private var unusual: String {
        guard let usual = file.header.usual, let exchange = scene.exchange else { return "" }
        let took = Double(exchange.cardNanoseconds) / 1e9
        let times = "of \(usual.calls) \(usual.command) before, \(usual.errors) failed"
        let seconds = { (value: Double) in SummaryFormat.span(UInt64(max(0, min(value, 1e9)) * 1e9)) }
        let usually = "usually \(seconds(usual.p50Seconds)), p95 \(seconds(usual.p95Seconds))"
        let isSlow = took > 2 * usual.p95Seconds
        return "\(times); it took \(seconds(took))\(isSlow ? ", long" : ""): \(usually)"
    }

    /// What came of it in the moment after.
    private var aftermath: String {
        let later = file.events.filter { $0.stamp.startNanoseconds > file.header.nanoseconds }
        let commands = later.reduce(0) { if case .apdu = $1 { $0 + 1 } else { $0 } }
        let faults = later.compactMap { event in
            Fault(event, openSessions: { _ in 1 }).map { "\($0.message), \(scene.relation(event.stamp))" }
        }
        var parts = faults.first.map { [$0] } ?? []
        if faults.count > 1 { parts.append("\(faults.count - 1) more faults") }
        if commands > 0 { parts.append(SummaryFormat.plural(UInt64(commands), "command")) }
        return parts.joined(separator: "; ")
    }

    private var about: String {
        var parts = [SummaryFormat.plural(UInt64(file.events.count), "event")]
        if file.unreadLines > 0 { parts.append("\(file.unreadLines) lines that cannot be read") }
        if file.header.suppressed > 0 { parts.append("\(file.header.suppressed) faults before it have no file") }
        if let trace = file.header.traceID { parts.append("trace \(SummaryFormat.name(trace))") }
        let versions = file.header.bench.filter { !["bench", "site"].contains($0.key) }.sorted { $0.key < $1.key }
        parts += versions.map { "\(SummaryFormat.name($0.key)) \(SummaryFormat.name($0.value))" }
        return parts.joined(separator: ", ")
    }
}
