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
}

extension Settings {
    fileprivate var diskLimits: FullnessLimits {
        FullnessLimits(degraded: self[\.healthDiskDegraded], unhealthy: self[\.healthDiskUnhealthy])
    }

    fileprivate var memoryLimits: FullnessLimits {
        FullnessLimits(degraded: self[\.healthMemoryDegraded], unhealthy: self[\.healthMemoryUnhealthy])
    }
}
