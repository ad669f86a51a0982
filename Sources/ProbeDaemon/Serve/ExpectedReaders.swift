internal import Observability
internal import ProbeEvents
internal import Synchronization

/// The readers that belong to the bench, by the configuration: one that is not there is missed by name.
final class ExpectedReaders: Sendable {
    private let collector: Collector
    private let names = Mutex<Set<String>>([])

    /// Those of these settings.
    init(_ settings: Settings, in collector: Collector) {
        self.collector = collector
        adopt(settings)
    }

    /// Takes over those of other settings.
    func adopt(_ settings: Settings) {
        let wanted = Set(settings[\.readersExpected])
        names.withLock { names in
            for name in wanted.subtracting(names) { collector.expectDevice(.reader, named: name) }
            for name in names.subtracting(wanted) { collector.forgetExpectedDevice(.reader, named: name) }
            names = wanted
        }
    }
}
