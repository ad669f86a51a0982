internal import CardReader
internal import Logging
internal import Observability
internal import ProbeEvents
internal import Synchronization

/// What the daemon tells events to. A new output is a line here.
struct Sinks: Sendable {
    /// Where events enter.
    let entry: any EventSink
    /// The history on this machine; nil when none is kept.
    let history: HistoryOutput?
    /// What is written of faults; nil when nothing is.
    let flights: FlightOutput?
    /// The file of events; nil when none is named.
    let recording: RecordingOutput?

    /// Holds each APDU until it is known what else its reader did.
    private let sharing: SharingSink
    private let cards: CardOutput
    private let capture: CaptureOutput?
    private let timelines: OTATimelines

    /// All of them behind one bus, with no more data than they may have; the capture alone gets more.
    init(_ parts: ObservabilityParts, _ tests: TestWatch, capture: CaptureOutput?) throws(EventRecordingError) {
        (self.capture, timelines) = (capture, parts.timelines)
        parts.sink.add(FaultLog(parts.log.outlet))
        parts.sink.add(tests)
        history = HistoryOutput(parts)
        if let history {
            parts.ring.add(history.reader)
            timelines.add(history.receive)
        }
        let cards = CardOutput(parts)
        parts.ring.add(cards.reader)
        self.cards = cards
        flights = FlightOutput(parts, usual: cards.usual)
        if let flights { parts.ring.add(flights.reader) }
        recording = try RecordingOutput(parts)
        if let recording { parts.ring.add(recording.reader) }
        let sharing = SharingSink(ExpectedOutcomes(StandardLevel(parts.sink)), watchingStrangers: StrangerWatch())
        self.sharing = sharing
        entry = capture.map { EventBus([$0.identifyingCards(for: sharing), $0.sink]) } ?? sharing
    }

    /// Looks for programs that are not seen.
    func lookAround() { sharing.lookAround() }

    /// Tells what is held, and writes what waits; bounded in time.
    func finish(_ log: LogOutlet) {
        sharing.finish()
        timelines.finish()
        history?.finish()
        cards.finish()
        flights?.finish()
        if let line = recording?.finish() { log.logger(.events).warning("\(line)") }
        capture?.finish(log)
    }
}

extension SharingSink {
    /// A stage that asks this watch for programs that are not seen.
    convenience init(_ sink: any EventSink, watchingStrangers watch: consuming StrangerWatch) {
        let watch = Mutex(watch)
        self.init(sink) { known, now in watch.withLock { $0.look(besides: known, now: now) } }
    }
}

/// Logs when a source fails, works again, or loses events; of losses a line a reason in ten
/// seconds.
final class FaultLog: EventSink {
    private struct Loss: Hashable {
        var source: SourceKind
        var reason: DropReason
    }

    private struct Told {
        var untold: UInt64 = 0
        var lastNanoseconds: UInt64?
    }

    private static let pauseNanoseconds: UInt64 = 10_000_000_000

    private let losses = Mutex<[Loss: Told]>([:])
    private let loggers: [SourceKind: Logger]

    init(_ log: LogOutlet) {
        loggers = Dictionary(
            uniqueKeysWithValues: SourceKind.allCases.map { ($0, log.logger(LogComponent($0))) })
    }

    func receive(_ event: ProbeEvent) {
        switch event {
        case .sourceState(let state):
            let source = state.stamp.source
            loggers[source]?.log(
                level: state.isWorking ? .notice : .warning,
                "\(source.words): \(state.isWorking ? "works" : state.message)")
        case .eventsDropped(let loss): note(loss)
        case .apdu, .sessionOpened, .sessionClosed, .operation, .readerChanged, .cardIdentified, .clientAttached,
            .clientEnded, .clientDrained:
            break
        case .atCommand, .urc, .modemChanged, .modemIdentified, .simChanged, .registrationChanged, .signalMeasured:
            break
        case .bipOpened, .bipData, .bipLinkChanged, .bipDataWaiting, .bipClosed, .bipFailed, .triggerSeen: break
        case .tls, .ota, .esim, .phone, .test, .database: break
        }
    }

    private func note(_ loss: EventsDropped) {
        let now = EventClock.monotonicNow
        let count = losses.withLock { losses -> UInt64 in
            var told = losses[Loss(source: loss.stamp.source, reason: loss.reason)] ?? Told()
            defer { losses[Loss(source: loss.stamp.source, reason: loss.reason)] = told }
            told.untold &+= loss.count
            if let last = told.lastNanoseconds, now &- last < Self.pauseNanoseconds { return 0 }
            told.lastNanoseconds = now
            defer { told.untold = 0 }
            return told.untold
        }
        guard count > 0 else { return }
        loggers[loss.stamp.source]?.warning(
            "\(loss.stamp.source.name): \(count) events lost (\(loss.reason.name))")
    }
}
