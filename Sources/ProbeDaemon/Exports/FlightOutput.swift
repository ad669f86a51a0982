internal import Logging
package import Observability
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
    /// How long the first event waits for others: a fault waits longer for what comes after it.
    static let gathering = Duration.milliseconds(250)
    /// How long the end is held up by a file that waits for what comes after its fault.
    private static let finishLimit = Duration.seconds(2)

    /// nil when none are kept.
    ///
    /// - Parameter usual: how such a command usually goes on that card, where its past is known.
    init?(_ parts: ObservabilityParts, usual: @escaping @Sendable (APDUExchange) -> FlightHeader.Usual?) {
        let settings = parts.settings.current
        guard settings[\.flightsEnabled] else { return nil }
        let folder = FlightFolder(settings)
        let bench = HistoryOutput.diary(of: parts.bench).names
        let health = parts.collector.health
        for reason in [ExportFailureReason.queueFull, .write] { health.exportDropped[.flights, reason].show() }
        for result in FlightFileResult.allCases { health.flightFiles[result].show() }
        let (log, live, traces) = (parts.log.outlet.logger(.events), parts.live, parts.traces)
        recorder = FlightRecorder(
            folder, bench: { bench }, traces: { traces?.traceID(client: $0, session: $1) }, usual: usual,
            count: { health.flightFiles[$0].increment() },
            onWritten: { outcome in
                switch outcome {
                case .success(let flight):
                    live?.state.note(flight)
                    traces?.note(flight)
                    let header = flight.header
                    let thing = header.device.isEmpty ? header.kind.rawValue : header.device
                    log.notice("\(thing): \(header.message); cardlink-probe explain \(flight.name)")
                case .failure(let failure):
                    health.exportDropped[.flights, .write].increment()
                    log.warning("\(failure)")
                }
            })
        reader = EventRing.Reader(
            recorder, name: "flight-rings", capacity: Self.queueCapacity, gathering: Self.gathering
        ) { _, count in
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
    var names: [String: String] {
        let all = [
            "probe": probe, "bench": bench, "site": site, "kernel": kernel, "pcsc-lite": pcscLite ?? "",
            "ccid": ccid ?? "",
        ]
        return all.filter { !$0.value.isEmpty }
    }
}

extension FlightFolder {
    /// What this process's variables say.
    package static func ofEnvironment() async -> FlightFolder {
        FlightFolder(await EnvironmentVariables.current.settings(under: "flights."))
    }

    /// What the settings say.
    init(_ settings: Settings) {
        self.init(path: settings[\.flightsPath] ?? Self.usualPath, fileLimit: settings[\.flightsMaxFiles])
    }
}
