internal import Observability
internal import ProbeEvents
internal import Synchronization
internal import Taps

/// What the daemon has of phones: who watches them, and the relays before their adb server.
final class PhoneSources: EventSource {
    private let tracker: PhoneTracker?
    private let relays: [ADBTap]

    /// What the settings name.
    init(_ settings: Settings) {
        let server = RelayEnds.Endpoint(settings[\.phonesServer])
        var watched = PhoneTracker.Settings(server: server)
        watched.readsRadioLog = settings[\.phonesRadioLog]
        tracker = settings[\.phonesWatch] || watched.readsRadioLog ? PhoneTracker(watched) : nil
        relays = settings[\.adbRelays].map { relay in
            ADBTap(
                RelayEnds(
                    name: "adb", key: ADBTap.key, listen: RelayEnds.Endpoint(relay.listen),
                    target: relay.target.map { RelayEnds.Endpoint($0) } ?? server))
        }
    }

    /// Whether there is nothing to do.
    var isEmpty: Bool { tracker == nil && relays.isEmpty }

    func start(into sink: any EventSink) throws {
        for relay in relays { try relay.start(into: sink) }
        tracker?.start(into: sink)
    }

    func stop() {
        tracker?.stop()
        for relay in relays { relay.stop() }
    }

    /// What it does, for the log.
    var lines: [String] {
        let watched = tracker.map { ["phones of the adb server at \($0.settings.server)"] } ?? []
        return watched
            + relays.compactMap { relay in
                relay.standing.listening.map {
                    "relay adb on \($0) to \(relay.settings.target): export ADB_SERVER_SOCKET=tcp:\($0)"
                }
            }
    }

    /// How phones are now; nil when nobody watches them.
    var standing: PhoneTracker.Standing? { tracker?.standing }

    /// How the relays are now.
    var relayStandings: [RelayStanding] { relays.map(\.standing) }
}

extension RelayEnds.Endpoint {
    init(_ address: ListenAddress) { self.init(host: address.host, port: Int(address.port)) }
}
