internal import Glibc
internal import Modem
internal import Observability
internal import ProbeEvents
internal import Synchronization

/// The modems that the daemon watches, and the relays before those that a tester owns.
final class ModemSources: EventSource {
    /// How one of them is.
    struct Standing: Sendable, Equatable {
        /// The modem's name.
        var modem: String
        /// What is wrong; nil when it answers.
        var fault: String?
    }

    /// How often modems are looked for that came since.
    private static let pause = Duration.seconds(2)

    private let folder: String
    private let machine: Machine
    private let isAutomatic: Bool
    private let intervals: PollIntervals
    private let hasher = IdentityHasher()
    private let capture: (any WireSink)?
    private let taps: [ATTap]
    private let listed: [ModemPoller]
    private let state = Mutex(State())

    struct State {
        /// Watches over modems that were found, by their places on USB.
        var found: [String: ModemPoller] = [:]
        var search: Task<Void, Never>?
        var isStopped = false

        /// Whether this poller is to start, and the one that is to stop before.
        mutating func take(_ poller: ModemPoller, at place: String) -> (isNew: Bool, former: ModemPoller?) {
            guard !isStopped, found[place]?.path != poller.path else { return (false, nil) }
            // The modem that is watched by this name was plugged in elsewhere.
            if let other = found.first(where: { $0.value.path == poller.path }) {
                found[other.key] = nil
                return (false, found.updateValue(other.value, forKey: place))
            }
            return (true, found.updateValue(poller, forKey: place))
        }
    }

    /// What the settings name; a capture hears what passes, too.
    init(
        _ settings: Settings, in directory: RuntimeDirectory, machine: Machine = Machine(),
        capture: (any WireSink)? = nil
    ) {
        (self.machine, self.capture) = (machine, capture)
        folder = directory.path + "/modems"
        intervals = PollIntervals(settings[\.modemPollInterval])
        let ports = settings[\.modemPorts]
        isAutomatic = ports.contains(.auto)
        let (folder, intervals, hasher) = (folder, intervals, hasher)
        listed = ports.filter { $0 != .auto }.map {
            Self.poller(ATPortSettings(path: $0.port, modem: $0.modem), intervals, hasher, capture)
        }
        taps = settings[\.modemTaps].map {
            var tap = ATTapSettings(
                port: $0.port, link: $0.name.contains("/") ? $0.name : "\(folder)/\($0.name)", modem: $0.modem)
            tap.vendor = $0.vendor
            return ATTap(tap, capture: capture)
        }
    }

    private static func poller(
        _ port: ATPortSettings, _ intervals: PollIntervals, _ hasher: IdentityHasher?, _ capture: (any WireSink)?
    ) -> ModemPoller {
        guard let hasher else { return ModemPoller(port, intervals: intervals, capture: capture, hasher: nil) }
        return ModemPoller(port, intervals: intervals, capture: capture) { kind, number in hasher.hash(kind, number) }
    }

    /// Whether any are named.
    var isEmpty: Bool { taps.isEmpty && listed.isEmpty && !isAutomatic }

    /// Names of the modems that belong to the bench.
    var expected: [String] { listed.map(\.modem) + taps.map(\.settings.modem) }

    func start(into sink: any EventSink) throws {
        if taps.contains(where: { $0.settings.link.hasPrefix(folder + "/") }) {
            guard mkdir(folder, 0o755) == 0 || errno == EEXIST else {
                throw RuntimeDirectoryError.cannotCreate(path: folder, errno: errno)
            }
        }
        for source in taps as [any EventSource] + listed { try source.start(into: sink) }
        guard isAutomatic else { return }
        state.withLock { $0.search = Task { [weak self] in await self?.search(into: sink) } }
    }

    func stop() {
        let (pollers, search) = state.withLock { state in
            defer { state = State(isStopped: true) }
            return (Array(state.found.values), state.search)
        }
        search?.cancel()
        for source in taps as [any EventSource] + listed + pollers { source.stop() }
        rmdir(folder)
    }

    // MARK: Modems on USB

    private func search(into sink: any EventSink) async {
        while !Task.isCancelled {
            for modem in ModemPorts(machine, usb: USBDevices(machine)).modems {
                guard let port = modem.commandPorts.first, !isNamed(modem) else { continue }
                await watch(modem, on: port.path, into: sink)
            }
            try? await Task.sleep(for: Self.pause)
        }
    }

    /// Whether one of its ports is named in the settings.
    private func isNamed(_ modem: ModemPorts.Modem) -> Bool {
        let named = Set((listed.map(\.path) + taps.map(\.settings.port)).map(Machine.resolved))
        return modem.ports.contains { named.contains($0.device) }
    }

    private func watch(_ modem: ModemPorts.Modem, on path: String, into sink: any EventSink) async {
        let poller = Self.poller(ATPortSettings(path: path, modem: modem.name), intervals, hasher, capture)
        let (isNew, former) = state.withLock { $0.take(poller, at: modem.uid) }
        // It came back under another number, or has a lasting name by now.
        await former?.stopped()
        guard isNew else { return }
        poller.start(into: sink)
        if state.withLock(\.isStopped) { await poller.stopped() }
    }

    // MARK: How they are

    /// How each is now.
    var standings: [Standing] {
        let found = state.withLock { $0.found.values.sorted { $0.path < $1.path } }
        return (listed + found).map { Standing(modem: $0.modem, fault: $0.fault) }
            + taps.map { Standing(modem: $0.settings.modem, fault: $0.fault) }
    }
}

extension PollIntervals {
    /// All of them, by the shortest.
    init(_ interval: Duration) {
        self.init()
        (registration, signal, sim) = (interval, interval, interval * 3)
        (operatorChoice, counters, temperature) = (interval * 6, interval * 6, interval * 6)
    }
}

extension ModemPoller {
    fileprivate var fault: String? {
        if let refusal { return refusal.explanation }
        return reading.isAnswering ? nil : "nothing answers AT on \(path); see: cardlink-probe modems \(path)"
    }
}

extension ATTap {
    fileprivate var fault: String? {
        let state = state
        if let refusal = state.refusal { return refusal.explanation }
        guard state.isOpen else { return "\(settings.port) is not open yet" }
        return state.isAnswering ? nil : "the modem at \(settings.port) has stopped to answer its tester"
    }
}
