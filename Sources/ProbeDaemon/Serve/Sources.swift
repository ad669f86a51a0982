internal import CardReader
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

    /// All of them, in the order in which they start; they stop in the opposite one.
    var all: [any EventSource] { [receiver, events, readers, modems] }

    /// Sources with their sockets in this directory; members of the group may tell events.
    init(_ settings: Settings, _ directory: RuntimeDirectory, group: RuntimeDirectory.Group? = nil) {
        receiver = ShimReceiver(path: directory.receiverSocket)
        events = EventSocket(path: directory.eventSocket, group: group?.name)
        readers = ReaderMonitor()
        modems = ModemSources(settings, in: directory)
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
    let entry: SharingSink
    let parts: ObservabilityParts

    func run() async throws {
        try? await gracefulShutdown()
        sources.stop()
        entry.finish()
        await parts.finish()
    }
}
