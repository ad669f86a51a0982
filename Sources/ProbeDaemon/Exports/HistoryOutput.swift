internal import FoundationEssentials
internal import Glibc
internal import Modem
internal import Observability
internal import ProbeEvents
internal import ProbeStore
internal import PrometheusClient

/// The history on this machine, where it is kept.
struct HistoryOutput: Sendable {
    private let store: HistoryStore

    /// nil when none is kept.
    init?(_ parts: ObservabilityParts) {
        let settings = parts.settings.current
        guard settings[\.storeEnabled] else { return nil }
        let health = parts.collector.health
        for reason in [ExportFailureReason.queueFull, .write] { health.exportDropped[.store, reason].show() }
        store = HistoryStore(
            HistoryStore.Settings(settings), diary: Self.diary(of: parts.bench),
            probe: ClientProcess(id: 0, pid: getpid(), program: "cardlink-probe"),
            senses: BenchSenses(load: Self.loadAverage, hardware: Self.hardware(settings)),
            tell: { [sink = parts.sink] in sink.receive($0) },
            onLoss: { health.exportDropped[.store, $0].increment(by: UInt64($1)) })
        parts.collector.registry.beforeEachScrape { [store] in
            health.exportQueueLength[.store].set(Double(store.waitingCount))
        }
    }

    /// Takes the events.
    var reader: EventRing.Reader { store.reader }

    /// Why it cannot be written, in one line; nil when it can.
    var problem: String? { store.problem }

    /// Opens the file, so that what is wrong with it is known before the first event; it does not wait for that.
    func start() { Task { [store] in await store.flush() } }

    /// Writes what waits; bounded in time.
    func finish() { store.finish() }

    /// The bench as it is now.
    static func diary(of bench: BenchIdentity) -> BenchDiary {
        let packages = DoctorBundle.packages(Machine())
        var system = utsname()
        uname(&system)
        let kernel = withUnsafeBytes(of: system.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        return BenchDiary(
            probe: ProbeVersion.current, bench: bench.bench, site: bench.site, kernel: kernel,
            pcscLite: packages["pcscd"], ccid: packages["libccid"])
    }

    /// Readers and modems by what sysfs says of USB.
    private static func hardware(_ settings: Settings) -> @Sendable (DeviceType, String) -> DeviceHardware {
        let drivers = ReaderDrivers()
        let named = NamedModems(settings)
        return { type, name in
            switch type {
            case .reader: drivers.hardware(of: name, USBDevices(Machine()))
            case .modem: named.hardware(of: name, Machine())
            case .phone: DeviceHardware()
            }
        }
    }

    /// Over the last minute.
    private static func loadAverage() -> Double? {
        var average = 0.0
        return getloadavg(&average, 1) == 1 ? average : nil
    }
}

extension HistoryStore.Settings {
    /// What the settings say.
    init(_ settings: Settings) {
        self.init(
            path: settings[\.storePath] ?? Self.usualPath, maxAge: settings[\.storeMaxAge],
            maxBytes: settings[\.storeMaxSize])
    }
}
