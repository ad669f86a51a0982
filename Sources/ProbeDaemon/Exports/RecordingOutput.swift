internal import Observability
internal import ProbeEvents
internal import PrometheusClient

/// The events of a daemon in a file, where one is named.
struct RecordingOutput: Sendable {
    private let recording: EventRecording

    /// nil when no file is named.
    init?(_ parts: ObservabilityParts) throws(EventRecordingError) {
        let settings = parts.settings.current
        guard let path = settings[\.eventsRecording] else { return nil }
        let health = parts.collector.health
        for reason in [ExportFailureReason.queueFull, .write] { health.exportDropped[.recording, reason].show() }
        let recording = try EventRecording(path, rotatingAtBytes: settings[\.eventsRecordingMaxSize]) { reason, count in
            health.exportDropped[.recording, reason].increment(by: count)
        }
        self.recording = recording
        parts.collector.registry.beforeEachScrape {
            health.exportQueueLength[.recording].set(Double(recording.waitingCount))
        }
    }

    /// Reads the events.
    var reader: EventRing.Reader { recording.reader }

    /// Why it cannot be written, in one line; nil when it can.
    var problem: String? { recording.problem }

    /// Writes what waits; one line on what is not in the file.
    func finish() -> String? { recording.finish() }
}
