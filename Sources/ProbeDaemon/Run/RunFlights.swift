internal import Observability
internal import ProbeEvents
internal import Synchronization

/// The files of faults of one run that no daemon watches.
struct RunFlights: Sendable {
    /// Reads the events.
    let reader: EventRing.Reader

    private let recorder: FlightRecorder
    private let written: Written

    private final class Written: Sendable {
        let names = Mutex<[String]>([])
        let lost = Atomic<UInt64>(0)
    }

    /// Events that wait to be remembered: some seconds of a fast card.
    private static let queueCapacity = 8_192
    private static let finishLimit = Duration.seconds(1)

    /// nil when the caller's variables want none.
    init?(_ variables: EnvironmentVariables, bench: RunBench, trace: RunTrace?) async {
        let settings = await variables.settings(under: "flights.")
        guard settings[\.flightsEnabled] else { return nil }
        let written = Written()
        self.written = written
        recorder = FlightRecorder(
            FlightFolder(settings), bench: { HistoryOutput.diary(of: bench.identity).names },
            traces: { trace?.traceID(client: $0, session: $1) },
            onWritten: { outcome in
                switch outcome {
                case .success(let flight):
                    written.names.withLock { $0.append(flight.name) }
                    trace?.note(flight)
                case .failure(let failure): Terminal.say("\(failure)")
                }
            })
        reader = EventRing.Reader(
            recorder, name: "flight-rings", capacity: Self.queueCapacity, gathering: FlightOutput.gathering
        ) { _, count in
            written.lost.wrappingAdd(count, ordering: .relaxed)
        }
    }

    /// Writes what waits, bounded in time; the names of all files, the oldest first.
    func finish() -> [String] {
        reader.finish(within: Self.finishLimit)
        recorder.finish(within: Self.finishLimit)
        let lost = written.lost.load(ordering: .relaxed)
        if lost > 0 { Terminal.say("\(lost) events are not in the files of faults: their queue was full") }
        return written.names.withLock { $0 }
    }
}
