internal import Logging
internal import Observability
internal import ProbeEvents
internal import ProbeStore
internal import PrometheusClient

/// The files of faults on this machine, where they are kept.
struct FlightOutput: Sendable {
    /// Reads the events.
    let reader: EventRing.Reader

    private let recorder: FlightRecorder

    /// Events that wait to be remembered: some seconds of a fast card.
    private static let queueCapacity = 8_192
    /// How long the end is held up by a file that waits for what comes after its fault.
    private static let finishLimit = Duration.seconds(2)

    /// nil when none are kept.
    init?(_ parts: ObservabilityParts) {
        let settings = parts.settings.current
        guard settings[\.flightsEnabled] else { return nil }
        let folder = FlightFolder(
            path: settings[\.flightsPath] ?? FlightFolder.usualPath, fileLimit: settings[\.flightsMaxFiles])
        let health = parts.collector.health
        for reason in [ExportFailureReason.queueFull, .write] { health.exportDropped[.flights, reason].show() }
        let (log, live) = (parts.log.outlet.logger(.events), parts.live)
        recorder = FlightRecorder(
            folder, bench: HistoryOutput.diary(of: parts.bench).names,
            traces: { [traces = parts.traces] in traces?.traceID(client: $0, session: $1) },
            onWritten: { outcome in
                switch outcome {
                case .success(let flight):
                    live?.state.note(flight)
                    log.notice(
                        "\(flight.header.device): \(flight.header.message); cardlink-probe explain \(flight.name)")
                case .failure(let failure):
                    health.exportDropped[.flights, .write].increment()
                    log.warning("\(failure)")
                }
            })
        reader = EventRing.Reader(recorder, name: "flight-rings", capacity: Self.queueCapacity) { _, count in
            health.exportDropped[.flights, .queueFull].increment(by: count)
        }
    }

    /// Writes what waits; bounded in time.
    func finish() {
        reader.finish(within: Self.finishLimit)
        recorder.finish(within: Self.finishLimit)
    }
}

extension BenchDiary {
    /// What is known of it, by name.
    fileprivate var names: [String: String] {
        let all = [
            "probe": probe, "bench": bench, "site": site, "kernel": kernel, "pcsc-lite": pcscLite ?? "",
            "ccid": ccid ?? "",
        ]
        return all.filter { !$0.value.isEmpty }
    }
}
