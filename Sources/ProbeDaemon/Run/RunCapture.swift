internal import Capture
internal import Observability
internal import ProbeEvents
internal import SmartCard

/// The capture of one run, or of what is replayed.
struct RunCapture: Sendable {
    /// How much shims are to tell for it.
    let level: Redaction.Level
    /// Takes the events.
    let sink: any EventSink

    private let intake: CaptureIntake
    private let recorder: CaptureRecorder

    /// Makes the file, and says what goes into it when that is more than commands.
    ///
    /// - Parameter traceparent: the trace that the program belongs to, as W3C writes it.
    init(_ request: CaptureRequest, traceparent: String? = nil) throws {
        let series = try request.file.map { path throws(CaptureFileError) in
            try CaptureSeries(path, limits: nil, now: EventClock.monotonicNow)
        }
        let live = try request.live.map { address throws(LiveGSMTAPError) in
            try LiveGSMTAP(host: address.host, port: address.port)
        }
        level = request.includesFiles ? .captureFiles : .capture
        recorder = CaptureRecorder(
            series, live: live, level: level, mask: request.mask(Terminal.say),
            trace: traceparent.flatMap(CapturedTest.trace(of:)))
        intake = CaptureIntake(recorder, level: level, showsIdentities: request.showsIdentities)
        sink = intake
    }

    /// How much waits for the file.
    var waiting: Int { intake.length }

    /// Writes what waits, closes the file; one line on what is not in it, nil when all is.
    func finish() -> String? {
        intake.finish()
        return recorder.end()
    }
}
