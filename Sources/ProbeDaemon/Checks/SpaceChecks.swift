internal import Observability

/// From how full on something is degraded, and unhealthy.
struct FullnessLimits: Sendable, Hashable {
    /// Percent.
    var degraded: Int
    var unhealthy: Int

    /// The state at a fullness.
    func status(at percent: Double) -> HealthStatus {
        if percent >= Double(unhealthy) { return .unhealthy }
        return percent >= Double(degraded) ? .degraded : .healthy
    }

    /// The limit that a fullness has reached.
    fileprivate func reached(at percent: Double) -> Int { percent >= Double(unhealthy) ? unhealthy : degraded }
}

extension HealthCheck {
    /// There is room on the disks of these paths.
    static func disks(_ paths: [String], limits: @escaping @Sendable () -> FullnessLimits) -> HealthCheck {
        HealthCheck("disk") {
            let limits = limits()
            var fullest: (path: String, percent: Double, available: UInt64)?
            for path in paths {
                guard let space = DiskSpace(path: path) else {
                    return HealthResult(.degraded, "\(path) is not there; correct system.disk_paths")
                }
                guard let percent = space.usedPercent, percent > fullest?.percent ?? -1 else { continue }
                fullest = (path, percent, space.availableBytes)
            }
            guard let fullest else { return HealthResult(.healthy) }
            let status = limits.status(at: fullest.percent)
            guard status != .healthy else { return HealthResult(.healthy) }
            return HealthResult(
                status,
                "the disk of \(fullest.path) is \(Int(fullest.percent))% full, \(gibibytes(fullest.available)) are left; "
                    + "the limit is \(limits.reached(at: fullest.percent))%, free some space")
        }
    }

    /// Programs can have memory.
    static func memory(
        limits: @escaping @Sendable () -> FullnessLimits, of procFS: ProcFS = ProcFS()
    ) -> HealthCheck {
        HealthCheck("memory") {
            guard let memory = procFS.memory(), memory.totalBytes > 0 else {
                return HealthResult(.unknown, "\(procFS.root)/meminfo cannot be read")
            }
            let limits = limits()
            let percent = 100 * Double(memory.usedBytes) / Double(memory.totalBytes)
            let status = limits.status(at: percent)
            guard status != .healthy else { return HealthResult(.healthy) }
            return HealthResult(
                status,
                "\(Int(percent))% of the memory is in use, \(gibibytes(memory.availableBytes)) are left; "
                    + "the limit is \(limits.reached(at: percent))%, end a program that takes much")
        }
    }

    private static func gibibytes(_ bytes: UInt64) -> String {
        let tenths = (Double(bytes) / Double(1 << 30) * 10).rounded(.down)
        return "\(tenths / 10) GiB"
    }
}
