internal import Glibc
internal import Observability
internal import ProbeEvents
internal import ProbeStore
internal import Synchronization

/// What takes events in its own time: a capture, a recording, a history, a daemon. A log is read faster than they write, and
/// waits for them.
final class ReplayOutputs: EventSink {
    /// Events that wait in a queue: fewer than any of them keeps.
    private static let mostWaiting = 4_096
    private static let longestRecordingBytes = 1 << 50

    private let captured: RunCapture?
    private let recording: RecordingWriter?
    let history: ReplayHistory?
    private let delivery: EventDelivery?

    /// Those that are wanted.
    init(_ request: Replay.Request) throws {
        // First: what cannot be sent leaves the files as they are.
        delivery = try request.daemon.map { try EventDelivery(runtimeDirectory: $0) }
        captured = try request.capture.map { try RunCapture($0) }
        recording = try request.recording.map { path throws(EventRecordingError) in
            try RecordingWriter(path, .ending(atBytes: Self.longestRecordingBytes))
        }
        history = request.store.map(ReplayHistory.init)
    }

    /// An event with all that a capture may have.
    func capture(_ event: ProbeEvent) {
        guard let captured else { return }
        while captured.waiting >= Self.mostWaiting { usleep(500) }
        captured.sink.receive(event)
    }

    func receive(_ event: ProbeEvent) {
        recording?.receive(event)
        history?.receive(event)
        delivery?.tell(event)
    }

    /// Writes what waits.
    func finish() throws {
        let problems = [captured?.finish(), recording?.end()].compactMap(\.self)
        try history?.finish()
        try delivery?.finish()
        if !problems.isEmpty { throw ReplayError.incomplete(problems.joined(separator: "; ")) }
    }
}

/// A history of what is told again. Of the bench it knows nothing: that of the log was another one.
final class ReplayHistory: EventSink {
    private static let mostWaiting = 4_096

    private let path: String
    private let store: HistoryStore
    private let ring = EventRing()
    private let lost: Counter
    private let clients = Mutex<[UInt64: ClientProcess]>([:])

    private final class Counter: Sendable {
        let count = Atomic(0)
    }

    init(_ path: String) {
        self.path = path
        let lost = Counter()
        self.lost = lost
        store = HistoryStore(
            // It is kept as long as its file.
            HistoryStore.Settings(path: path, maxAge: .seconds(1e9), maxBytes: 1 << 40),
            diary: BenchDiary(
                probe: ProbeVersion.current, bench: "", site: "", kernel: "", pcscLite: nil, ccid: nil),
            probe: ClientProcess(id: 0, pid: getpid(), program: "cardlink-probe"),
            senses: BenchSenses(load: { nil }) { _, _ in DeviceHardware() }, tell: { _ in }
        ) { _, count in lost.count.wrappingAdd(count, ordering: .relaxed) }
        ring.add(store.reader)
    }

    func receive(_ event: ProbeEvent) {
        while store.waitingCount >= Self.mostWaiting, store.problem == nil { usleep(500) }
        if case .apdu(let exchange) = event {
            clients.withLock { if $0.count < 4_096 { $0[exchange.client.id] = exchange.client } }
        }
        ring.receive(event)
    }

    /// Takes a session over the air that is over.
    func receive(_ timeline: OTATimeline) { store.receive(timeline) }

    /// The programs end, and what waits is written.
    func finish() throws(ReplayError) {
        for client in clients.withLock({ $0.values.sorted { $0.id < $1.id } }) {
            ring.receive(
                .clientEnded(
                    ClientEnded(stamp: .now(source: .testerSocket), client: client, isOrderly: true, openSessions: 0)))
        }
        while store.waitingCount > 0, store.problem == nil { usleep(500) }
        store.finish()
        if let problem = store.problem { throw .history(problem) }
        let count = lost.count.load(ordering: .relaxed)
        if count > 0 { throw .history("\(count) events are not in \(path)") }
    }
}
