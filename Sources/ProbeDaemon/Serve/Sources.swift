internal import CardReader
internal import Logging
internal import Observability
internal import ProbeEvents
internal import ServiceLifecycle
internal import Taps

/// What the daemon listens to. A new tap is a line here.
struct Sources: Sendable {
    let receiver: ShimReceiver
    let events: EventSocket
    let readers: ReaderMonitor
    let modems: ModemSources
    let pskTLS: PSKTLSSources
    let phones: PhoneSources

    /// All of them, in the order in which they start; they stop in the opposite one.
    var all: [any EventSource] { [receiver, events, readers, modems, pskTLS, phones] }

    /// Sources with their sockets in this directory; members of the group may tell events.
    ///
    /// - Parameters:
    ///   - capture: hears what passes on wires.
    ///   - failures: the tests of a suite that failed, for the test runner which asks.
    init(
        _ settings: Settings, _ directory: RuntimeDirectory, group: RuntimeDirectory.Group? = nil,
        capture: (any WireSink)? = nil, failures: @escaping EventSocket.Answer = { _ in [] }
    ) {
        let receiver = ShimReceiver(path: directory.receiverSocket)
        self.receiver = receiver
        events = EventSocket(path: directory.eventSocket, group: group?.name) { suite in
            receiver.drain()
            return failures(suite)
        }
        readers = ReaderMonitor()
        modems = ModemSources(settings, in: directory, capture: capture)
        pskTLS = PSKTLSSources(settings, capture: capture)
        phones = PhoneSources(settings)
    }

    /// Starts all; none is left running when one of them fails.
    func start(into sink: any EventSink) throws {
        do {
            for source in all { try source.start(into: sink) }
        } catch {
            stop()
            throw error
        }
    }

    /// Stops all; what they have seen has been told when it returns.
    func stop() {
        for source in all.reversed() { source.stop() }
    }
}

/// Sources as a service: told to stop, they tell what they have, it is exported, and they end.
struct SourcesService: Service {
    let sources: Sources
    let sinks: Sinks
    let parts: ObservabilityParts

    func run() async throws {
        try? await gracefulShutdown()
        sources.stop()
        sinks.finish(parts.log.outlet)
        await parts.finish()
    }
}
