internal import CardReader
internal import Observability
internal import ProbeEvents

extension HealthChecks {
    /// The checks of any program: its disks and memory, by limits that can be changed while it runs.
    convenience init(_ settings: LiveSettings) async {
        let checker = HealthChecker(version: ProbeVersion.current) { settings.current[\.healthTimeout] }
        self.init(checker)
        await checker.register(.disks(settings.current[\.systemDiskPaths]) { settings.current.diskLimits })
        await checker.register(.memory { settings.current.memoryLimits })
    }

    /// Adds the daemon's checks. A new one is a line here, as that of the history will be.
    func add(_ sources: Sources, in directory: RuntimeDirectory) async {
        for check in [
            HealthCheck.pcscd { sources.readers.snapshot },
            .readers { sources.readers.snapshot },
            .socket("receiver", path: directory.receiverSocket),
            .socket("events", path: directory.eventSocket),
        ] {
            await checker.register(check)
        }
        if !sources.modems.isEmpty { await checker.register(.modems { sources.modems.standings }) }
    }
}

extension Settings {
    fileprivate var diskLimits: FullnessLimits {
        FullnessLimits(degraded: self[\.healthDiskDegraded], unhealthy: self[\.healthDiskUnhealthy])
    }

    fileprivate var memoryLimits: FullnessLimits {
        FullnessLimits(degraded: self[\.healthMemoryDegraded], unhealthy: self[\.healthMemoryUnhealthy])
    }
}
