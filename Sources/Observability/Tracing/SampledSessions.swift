package import ProbeEvents
internal import Synchronization

/// Decides for each session with a reader, when it begins, whether it becomes a trace, and hands on the events of those
/// alone: what is not kept costs no place in a queue.
///
/// Behind it stands a ``SpanSink`` whose sessions are decided.
package final class SampledSessions: EventSink {
    private let sink: any EventSink
    private let manager: SpanManager
    private let silent = Mutex<Set<SessionKey>>([])
    private let tests = Mutex(TestTrail<Void>())

    /// More sessions are not remembered; commands of a further one count as those of a session whose begin was not seen.
    private static let limit = 16_384

    /// Decides by the manager's sampler.
    package init(_ sink: any EventSink, manager: SpanManager) {
        (self.sink, self.manager) = (sink, manager)
    }

    /// Takes one event.
    package func receive(_ event: ProbeEvent) {
        switch event {
        case .sessionOpened(let opened):
            // A test's trace is decided on already, and its sessions with it.
            let isKept =
                isInTest(opened.stamp, opened.client)
                || keeps(SessionKey(opened.client, opened.session))
            if isKept { sink.receive(event) }
        case .apdu(let exchange):
            if !isSilent(event) || isInTest(exchange.stamp, exchange.client) { sink.receive(event) }
        // A channel goes with its session; those of modems have none.
        case .operation, .bipOpened, .bipData, .bipLinkChanged, .bipDataWaiting, .bipClosed, .bipFailed, .esim:
            if !isSilent(event) { sink.receive(event) }
        case .sessionClosed(let closed):
            let key = SessionKey(closed.client, closed.session)
            let wasSilent = silent.withLock { $0.remove(key) != nil }
            if !wasSilent { sink.receive(event) }
        case .clientEnded(let ended):
            silent.withLock { silent in
                for key in silent where key.client == ended.client.id { silent.remove(key) }
            }
            tests.withLock { $0.note(ended) }
            sink.receive(event)
        case .clientAttached(let attached):
            tests.withLock { $0.note(attached) }
            sink.receive(event)
        case .readerChanged, .cardIdentified, .clientDrained, .eventsDropped, .sourceState, .triggerSeen: break
        // Who makes the spans decides: there is one a connection.
        case .tls, .ota: sink.receive(event)
        case .test(let told):
            note(told)
            sink.receive(event)
        case .database(.operation(let done)):
            if done.stamp.source != .store { sink.receive(event) }
        case .phone, .database: break
        case .atCommand, .urc, .modemChanged, .modemIdentified, .simChanged, .registrationChanged, .signalMeasured:
            break
        }
    }

    private func note(_ event: TestEvent) {
        tests.withLock { tests in
            switch event {
            case .began(let began): tests.begin(began, ())
            case .ended(let ended): tests.end(ended) { _ in () }
            case .suiteEnded(let ended): tests.end(ended)
            case .suiteBegan: break
            }
        }
    }

    private func isInTest(_ stamp: EventStamp, _ client: ClientProcess) -> Bool {
        tests.withLock { $0.about(stamp.startNanoseconds, client) != nil }
    }

    private func keeps(_ key: SessionKey) -> Bool {
        if manager.keepsNext() { return true }
        silent.withLock { if $0.count < Self.limit { $0.insert(key) } }
        return false
    }

    private func isSilent(_ event: ProbeEvent) -> Bool {
        silent.withLock { silent in !silent.isEmpty && SessionKey(event).map(silent.contains) ?? false }
    }
}
