package import ProbeEvents

/// Stands between adb's clients and its server: hands on what passes, both ways, and tells as events which services were
/// used, how long each took, and how it ended.
package final class ADBTap: EventSource {
    /// The key of the configuration that names it.
    package static let key = "taps.adb"

    /// What was asked of it.
    package let settings: RelayEnds
    private let relay: Relay

    /// A relay that begins with `start`.
    package init(_ settings: RelayEnds) {
        self.settings = settings
        relay = Relay(
            settings, source: .adb,
            remedy: "run: adb start-server (without ADB_SERVER_SOCKET), or correct \(settings.key)")
    }

    /// How it is now.
    package var standing: RelayStanding { relay.standing }

    /// Listens; that there is no server yet is no failure.
    package func start(into sink: any EventSink) throws { try relay.start(into: sink) { _ in ADBTeller(into: sink) } }

    /// Ends with all its connections, and all was told when it returns. Not for an event loop.
    package func stop() { relay.stop() }
}
