internal import CardReader
internal import Logging
internal import Observability
internal import ProbeEvents
internal import Synchronization

/// What the daemon tells events to. A new output is a line here.
struct Sinks: Sendable {
    /// Where events enter: each APDU goes on when it is known what else its reader did.
    let entry: SharingSink

    /// All of them behind one bus, with no more data than they may have.
    init(_ parts: ObservabilityParts) {
        let bus = EventBus([parts.collector, FaultLog(parts.log.outlet)])
        if let traces = parts.traces { bus.add(traces.sink) }
        entry = SharingSink(StandardLevel(bus), watchingStrangers: StrangerWatch())
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
                "\(source.name): \(state.isWorking ? "works" : state.message)")
        case .eventsDropped(let loss): note(loss)
        case .apdu, .sessionOpened, .sessionClosed, .operation, .readerChanged, .cardIdentified, .clientAttached,
            .clientEnded, .clientDrained:
            break
        case .atCommand, .urc, .modemChanged, .modemIdentified, .simChanged, .registrationChanged, .signalMeasured:
            break
        case .bipOpened, .bipData, .bipLinkChanged, .bipDataWaiting, .bipClosed, .bipFailed, .triggerSeen: break
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
