internal import Observability
internal import ProbeEvents
internal import SmartCard
internal import Synchronization
internal import Taps

/// The relays between cards and servers over TLS that the daemon has.
final class PSKTLSSources: EventSource {
    private let relays: [TLSRelay]
    private let keyFile: String?
    private let capture: (any WireSink)?
    private let taps = Mutex<[PSKTLSTap]>([])

    /// What the settings name; a capture hears what passes, too.
    init(_ settings: Settings, capture: (any WireSink)? = nil) {
        self.capture = capture
        relays = settings[\.pskTLSRelays]
        keyFile = settings[\.pskFile]
    }

    /// Whether any are named.
    var isEmpty: Bool { relays.isEmpty }

    func start(into sink: any EventSink) throws {
        guard !isEmpty else { return }
        let keys = TLSKeyRing(try keyFile.map(PSKFile.load) ?? PSKTable())
        let identities = IdentityHasher()
        for relay in relays {
            let tap = PSKTLSTap(RelayEnds(relay), keys: keys, capture: capture) { identities?.hash($0, $1) }
            try tap.start(into: sink)
            taps.withLock { $0.append(tap) }
        }
    }

    func stop() {
        let running = taps.withLock { taps in
            defer { taps = [] }
            return taps
        }
        for tap in running { tap.stop() }
    }

    /// What each does, for the log.
    var lines: [String] {
        taps.withLock { taps in
            taps.compactMap { tap in
                tap.standing.listening.map { "relay \(tap.settings.name) on \($0) to \(tap.settings.target)" }
            }
        }
    }

    /// How each is now, by its name.
    var standings: [(name: String, standing: RelayStanding)] {
        taps.withLock { $0.map { ($0.settings.name, $0.standing) } }
    }
}

extension RelayEnds {
    fileprivate init(_ relay: TLSRelay) {
        self.init(
            name: relay.name, key: PSKTLSTap.key, listen: Endpoint(relay.listen),
            target: Endpoint(relay.target))
        proxyHeader = relay.proxyHeader.flatMap(ProxyHeader.init(rawValue:))
    }
}
