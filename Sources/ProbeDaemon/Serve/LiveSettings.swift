internal import Observability
internal import Synchronization

/// The settings of a daemon that runs, and where they are read again.
final class LiveSettings: Sendable {
    private let sources: ConfigSources
    private let settings: Mutex<Settings>

    init(_ settings: Settings, from sources: ConfigSources) {
        self.settings = Mutex(settings)
        self.sources = sources
    }

    /// The settings as they count now.
    var current: Settings { settings.withLock { $0 } }

    /// Reads them again, takes what can be changed while the probe runs, and says what became of each change.
    func reload() async {
        do throws(ConfigError) {
            let read = try await sources.load()
            let changes = settings.withLock { $0.adopt(read) }
            for line in changes { Terminal.say(line) }
            if changes.isEmpty { Terminal.say("the configuration has not changed") }
        } catch {
            for fault in error.faults { Terminal.say(fault.line) }
            Terminal.say("the configuration stays as it was")
        }
    }
}
