internal import NIOCore
internal import NIOPosix
package import ProbeEvents
internal import Synchronization

/// Asks the adb server which phones there are, and is told of each change; of a phone that is ready it asks what it is, and
/// on wish reads its radio log.
///
/// It never starts a server: one that is not there is waited for.
package final class PhoneTracker: EventSource {
    /// What to look at.
    package struct Settings: Sendable, Hashable {
        /// The adb server.
        package var server: RelayEnds.Endpoint
        /// Whether the radio log of each phone is read.
        package var readsRadioLog = false
        /// How long the first wait for something that went is; each further one is twice as long.
        package var firstPause = Duration.seconds(1)

        /// Phones of a server.
        package init(server: RelayEnds.Endpoint) { self.server = server }
    }

    /// How it is, for health checks.
    package struct Standing: Sendable, Equatable {
        /// Why the server tells nothing; nil when it does, or was not asked yet.
        package var refusal: String?
        /// Whether it has told which phones there are.
        package var isTold = false
        /// Phones that are there and cannot be used, with their state.
        package var unusable: [String: PhoneState] = [:]
    }

    /// What was asked of it.
    package let settings: Settings
    private let loop: any EventLoop
    private let watch: NIOLoopBoundBox<PhoneWatch?>
    private let state = Mutex(Standing())

    /// A tracker that begins with `start`.
    package init(_ settings: Settings) {
        self.settings = settings
        loop = MultiThreadedEventLoopGroup.singleton.next()
        watch = .makeEmptyBox(valueType: PhoneWatch.self, eventLoop: loop)
    }

    /// How it is now.
    package var standing: Standing { state.withLock { $0 } }

    /// Begins; that there is no server yet is no failure.
    package func start(into sink: any EventSink) {
        loop.execute { [self] in
            let watch = PhoneWatch(settings, loop, into: sink) { [self] standing in state.withLock { $0 = standing } }
            self.watch.value = watch
            watch.begin()
        }
    }

    /// Ends its connections, and all was told when it returns. Not for an event loop.
    package func stop() {
        try? loop.submit { [self] in
            watch.value?.end()
            watch.value = nil
        }.wait()
    }
}
