internal import NIOCore
internal import NIOPosix
package import ProbeEvents
internal import Synchronization

/// A relay between a tester and its modem: which port, under which name the tester finds it.
package struct ATTapSettings: Sendable, Hashable {
    /// The modem's port, by a name that lasts.
    package var port: String
    /// The link that the tester opens in its place.
    package var link: String
    /// The modem's name in metrics and events.
    package var modem: String
    /// How the port is opened; the tester decides on its speed.
    package var serial = SerialSettings()
    /// How long after the port was lost, or could not be had, it is tried again.
    package var retry = Duration.milliseconds(500)

    /// A relay to a port.
    package init(port: String, link: String, modem: String) {
        self.port = port
        self.link = link
        self.modem = modem
    }
}

/// Stands between a tester and the modem that it owns: a pseudo terminal under a lasting name, whose bytes go to the
/// modem's port and back as they are, and are told as events from a copy.
///
/// No thread is its own. The name is there while the port is: a modem that is unplugged hangs up at the tester as the
/// port itself would.
package final class ATTap: EventSource {
    /// How it is, for health checks.
    package struct State: Sendable, Equatable {
        /// Whether the tester can reach the modem.
        package var isOpen = false
        /// Why it cannot; nil when it can, or was not tried yet.
        package var refusal: ModemError?
        /// Whether the last commands got their answer.
        package var isAnswering = true
    }

    /// What was asked of it.
    package let settings: ATTapSettings
    private let loop: any EventLoop
    private let keeper: NIOLoopBoundBox<TapKeeper>
    private let known = KnownState()

    /// A relay that begins with `start`.
    package init(_ settings: ATTapSettings) {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        self.settings = settings
        self.loop = loop
        keeper = .makeBoxSendingValue(TapKeeper(settings, known, loop), eventLoop: loop)
    }

    /// How it is now.
    package var state: State { known.state.withLock(\.self) }

    /// Begins; that there is no modem is no failure, it may come later.
    package func start(into sink: any EventSink) {
        loop.execute { self.keeper.value.start(sink) }
    }

    /// Ends: the name is gone, the port free, and all was told when it returns. Not for an event loop.
    package func stop() {
        try? loop.flatSubmit { self.keeper.value.stop() }.wait()
    }

    /// The same for a task.
    package func stopped() async {
        try? await loop.flatSubmit { self.keeper.value.stop() }.get()
    }
}

/// How a relay is, for whoever asks on any thread.
final class KnownState: Sendable {
    let state = Mutex(ATTap.State())
}
