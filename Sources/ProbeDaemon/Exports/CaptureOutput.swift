internal import Capture
internal import Logging
internal import Observability
internal import ProbeEvents
internal import PrometheusClient
internal import SmartCard
internal import Synchronization

/// The daemon's capture, where one is asked for: a series of files, a listener to GSMTAP, or both.
struct CaptureOutput: Sendable {
    private let intake: CaptureIntake
    private let recorder: CaptureRecorder
    private let hasFile: Bool
    private let isLive: Bool
    private let lines: [String]
    private let request: CaptureRequest

    /// Makes the first file; nil when no capture is asked for.
    init?(_ settings: Settings) throws {
        let request = CaptureRequest(
            file: settings[\.captureFile], live: settings[\.captureGSMTAP],
            includesFiles: settings[\.captureFileContents], showsIdentities: settings[\.captureShowIdentity])
        self.request = request
        (hasFile, isLive) = (request.file != nil, request.live != nil)
        guard hasFile || isLive else { return nil }
        let live = try request.live.map { address throws(LiveGSMTAPError) in
            try LiveGSMTAP(host: address.host, port: address.port)
        }
        let series = try request.file.map { path throws(CaptureFileError) in
            try CaptureSeries(path, limits: CaptureSeries.Limits(settings), now: EventClock.monotonicNow)
        }
        var lines = [request.file.map { "capture into \($0)" }, request.live.map { "GSMTAP to \($0)" }]
        let level = request.includesFiles ? Redaction.Level.captureFiles : .capture
        let mask = request.mask { lines.append($0) }
        self.lines = lines.compactMap(\.self)
        recorder = CaptureRecorder(series, live: live, level: level, mask: mask)
        intake = CaptureIntake(recorder, level: level, showsIdentities: request.showsIdentities)
    }

    /// Takes the events, with as much data as sources have.
    var sink: any EventSink { intake }

    /// Takes what passes on wires.
    var wire: any WireSink { intake }

    /// A sink that is also told which cards are in readers, where contents of files are captured.
    func identifyingCards(for sink: any EventSink) -> any EventSink { IdentifiedCards.before(sink, request) }

    /// Says what is captured, counts what is not, and looks whether the file can be written.
    func join(_ parts: ObservabilityParts) async {
        let logger = parts.log.outlet.logger(.export)
        for line in lines { logger.notice("\(line)") }
        let counts = CaptureCounts(parts.collector.health, hasFile: hasFile, isLive: isLive)
        parts.collector.registry.beforeEachScrape { [intake, recorder] in
            counts.show(recorder.losses, waiting: intake.length)
        }
        guard hasFile else { return }
        await parts.checks.checker.register(
            HealthCheck("capture") { [recorder] in
                recorder.problem.map { HealthResult(.degraded, $0) } ?? HealthResult(.healthy)
            })
    }

    /// Writes what waits, closes the file, and says what is not in it; bounded in time.
    func finish(_ log: LogOutlet) {
        intake.finish()
        if let line = recorder.end() { log.logger(.export).warning("\(line)") }
    }
}

/// What a capture lost, in the families of exporters.
private final class CaptureCounts: Sendable {
    private let health: HealthCatalog
    private let hasFile: Bool
    private let isLive: Bool
    private let shown = Mutex(CaptureRecorder.Losses())

    init(_ health: HealthCatalog, hasFile: Bool, isLive: Bool) {
        (self.health, self.hasFile, self.isLive) = (health, hasFile, isLive)
        for reason in hasFile ? [ExportFailureReason.queueFull, .write] : [] {
            health.exportDropped[.capture, reason].show()
        }
        for reason in isLive ? [ExportFailureReason.queueFull, .unreachable] : [] {
            health.exportDropped[.gsmtap, reason].show()
        }
    }

    func show(_ losses: CaptureRecorder.Losses, waiting: Int) {
        let before = shown.withLock { shown in
            defer { shown = losses }
            return shown
        }
        health.exportQueueLength[hasFile ? .capture : .gsmtap].set(Double(waiting))
        func add(_ exporter: ExporterName, _ reason: ExportFailureReason, _ count: UInt64, _ before: UInt64) {
            if count > before { health.exportDropped[exporter, reason].increment(by: count - before) }
        }
        if hasFile {
            add(.capture, .queueFull, losses.dropped, before.dropped)
            add(.capture, .write, losses.unwritten, before.unwritten)
        }
        guard isLive else { return }
        let full = losses.unsent &+ (hasFile ? 0 : losses.dropped)
        let fullBefore = before.unsent &+ (hasFile ? 0 : before.dropped)
        add(.gsmtap, .queueFull, full, fullBefore)
        add(.gsmtap, .unreachable, losses.failed, before.failed)
    }
}

extension CaptureSeries.Limits {
    /// What the settings say.
    fileprivate init(_ settings: Settings) {
        self.init(
            maxBytes: settings[\.captureMaxSize], maxFiles: settings[\.captureMaxFiles],
            maxAge: settings[\.captureMaxAge])
    }
}
