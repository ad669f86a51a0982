package import ProbeEvents
internal import Synchronization

/// Remembers what was said to cards in the tests that failed, for the test runner which asks.
package final class TestWatch: EventSink {
    private let tally = Mutex(TestTally())
    /// Whether there was a test: where nobody tests, a command costs no lock.
    private let hasTests = Atomic(false)

    /// A watch that has seen nothing yet.
    package init() {}

    /// Takes one event.
    package func receive(_ event: ProbeEvent) {
        switch event {
        case .test(let event):
            hasTests.store(true, ordering: .relaxed)
            tally.withLock { $0.apply(event) }
        case .apdu(let exchange):
            if hasTests.load(ordering: .relaxed) { tally.withLock { $0.apply(exchange) } }
        case .clientAttached(let attached): tally.withLock { $0.note(attached) }
        case .clientEnded(let ended): tally.withLock { $0.note(ended) }
        case .sessionOpened, .sessionClosed, .operation, .readerChanged, .cardIdentified, .clientDrained: break
        case .eventsDropped, .sourceState: break
        case .atCommand, .urc, .modemChanged, .modemIdentified, .simChanged, .registrationChanged, .signalMeasured:
            break
        case .bipOpened, .bipData, .bipLinkChanged, .bipDataWaiting, .bipClosed, .bipFailed, .triggerSeen: break
        case .tls, .ota, .esim, .phone, .database: break
        }
    }

    /// The last tests of a suite that failed, the oldest first.
    package func failures(of suite: TestSuiteRun) -> [FailedTest] {
        tally.withLock { $0.failures.filter { $0.suite == suite } }
    }
}
