package import ProbeEvents
internal import SmartCard
internal import Synchronization

/// Stands between cards and a tester's server: hands on what passes, both ways, and tells as events what it reads in a
/// copy.
package final class PSKTLSTap: EventSource {
    /// The key of the configuration that names it.
    package static let key = "taps.psk_tls"

    /// What was asked of it.
    package let settings: RelayEnds
    private let keys: TLSKeyRing
    private let hasher: PSKIdentityHasher?
    private let capture: (any WireSink)?
    private let client = ClientProcess(id: .random(in: 1...UInt64(Int64.max)), pid: 0, program: "")
    private let relay: Relay
    private let unread = Mutex(UnreadSessions())

    /// A relay that begins with `start`; without a hasher identities are not told at all. A capture hears what passes, too.
    package init(
        _ settings: RelayEnds, keys: TLSKeyRing = TLSKeyRing(), capture: (any WireSink)? = nil,
        hasher: PSKIdentityHasher? = nil
    ) {
        (self.settings, self.keys, self.capture, self.hasher) = (settings, keys, capture, hasher)
        relay = Relay(settings, source: .pskTlsTap, remedy: "start it, or correct \(settings.key)")
    }

    /// How it is now.
    package var standing: RelayStanding { relay.standing }

    /// Listens; that there is no server yet is no failure.
    package func start(into sink: any EventSink) throws {
        try relay.start(into: sink) { [self] number in
            let link = TLSLink(tap: settings.name, connection: number)
            return PSKTLSTeller(
                link, keys: keys, hasher: hasher, client: client, level: capture?.level ?? .standard,
                copy: capture.map { StreamCopy(link, into: $0, hasher: hasher) }, into: sink
            ) { [self] in note($0, sink) }
        }
    }

    /// Tells of each identity once that its sessions are not read, and when all that are known are.
    private func note(_ reading: PSKReading, _ sink: any EventSink) {
        let (news, unread, isOver) = unread.withLock { ($0.note(reading), $0.message, $0.hasJustEnded) }
        relay.note(unread: unread, news: news, isNews: news != nil || isOver, sink)
    }

    /// Ends with all its connections, and all was told when it returns. Not for an event loop.
    package func stop() { relay.stop() }
}
