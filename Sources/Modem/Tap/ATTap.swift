internal import NIOCore
internal import NIOPosix
public import ProbeEvents
internal import Synchronization

/// A relay between a tester and its modem: which port, under which name the tester finds it.
public struct ATTapSettings: Sendable, Hashable {
    /// The modem's port, by a name that lasts.
    public var port: String
    /// The link that the tester opens in its place.
    public var link: String
    /// The modem's name in metrics and events.
    public var modem: String
    /// Whose modem it is; nil leaves it to what the modem answers a tester, and to its USB number.
    public var vendor: ModemVendor?
    /// How the port is opened; the tester decides on its speed.
    public var serial = SerialSettings()
    /// How long after the port was lost, or could not be had, it is tried again.
    public var retry = Duration.milliseconds(500)

    /// A relay to a port.
    public init(port: String, link: String, modem: String) {
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
public final class ATTap: EventSource {
    /// How it is, for health checks.
    public struct State: Sendable, Equatable {
        /// Whether the tester can reach the modem.
        public var isOpen = false
        /// Why it cannot; nil when it can, or was not tried yet.
        public var refusal: ModemError?
        /// Whether the last commands got their answer.
        public var isAnswering = true
    }

    /// What was asked of it.
    public let settings: ATTapSettings
    private let loop: any EventLoop
    private let keeper: NIOLoopBoundBox<TapKeeper>
    private let known = KnownState()

    /// A relay that begins with `start`.
    public convenience init(_ settings: ATTapSettings) { self.init(settings, capture: nil) }

    /// The same; a capture hears what passes, too.
    package init(_ settings: ATTapSettings, capture: (any WireSink)?) {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        self.settings = settings
        self.loop = loop
        keeper = .makeBoxSendingValue(TapKeeper(settings, known, capture, loop), eventLoop: loop)
    }

    /// How it is now.
    public var state: State { known.state.withLock(\.self) }

    /// Begins; that there is no modem is no failure, it may come later.
    public func start(into sink: any EventSink) {
        loop.execute { self.keeper.value.start(sink) }
    }

    /// Ends: the name is gone, the port free, and all was told when it returns. Not for an event loop.
    public func stop() {
        try? loop.flatSubmit { self.keeper.value.stop() }.wait()
    }

    /// The same for a task.
    public func stopped() async {
        try? await loop.flatSubmit { self.keeper.value.stop() }.get()
    }
}

/// How a relay is, for whoever asks on any thread.
final class KnownState: Sendable {
    let state = Mutex(ATTap.State())
}
