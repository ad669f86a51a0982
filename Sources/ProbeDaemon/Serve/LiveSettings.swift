internal import Logging
internal import Observability
internal import Synchronization

/// The settings of a daemon that runs, and where they are read again.
final class LiveSettings: Sendable {
    private let sources: ConfigSources
    private let settings: Mutex<Settings>
    private let log: LogSystem

    init(_ settings: Settings, from sources: ConfigSources, log: LogSystem) {
        self.log = log
        self.settings = Mutex(settings)
        self.sources = sources
    }

    /// The settings as they count now.
    var current: Settings { settings.withLock { $0 } }

    /// Reads them again, takes what can be changed while the probe runs, and says what became of each change.
    func reload() async {
        let logger = log.outlet.logger(.config)
        do throws(ConfigError) {
            let read = try await sources.load()
            let changes = settings.withLock { $0.adopt(read) }
            log.apply(LoggingConfig(current))
            for line in changes { logger.notice("\(line)") }
            if changes.isEmpty { logger.notice("the configuration has not changed") }
        } catch {
            for fault in error.faults { logger.error("\(fault.line)") }
            logger.notice("the configuration stays as it was")
        }
    }
}
