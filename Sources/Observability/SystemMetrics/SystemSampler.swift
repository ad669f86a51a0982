internal import Glibc
internal import Synchronization

/// Takes readings of the machine and of this process: a dozen system calls each, nothing between them.
package final class SystemSampler: Sendable {
    private let procFS: ProcFS
    private let disks: DiskWatch
    /// How old a reading may be when it is shown again.
    let interval: Duration
    private let ticksPerSecond: Double
    private let pageBytes: UInt64
    /// Read once: the kernel moves it when the wall clock is set, and a start time must not move.
    private let bootTimeSeconds: UInt64?
    private let processor: Mutex<ProcessorUsage>

    /// A sampler; processor usage is first told for the time since it was made.
    package init(procFS: ProcFS = ProcFS(), diskPaths: [String] = ["/"], interval: Duration = .zero) {
        self.procFS = procFS
        self.interval = interval
        disks = DiskWatch(diskPaths)
        ticksPerSecond = Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
        pageBytes = UInt64(max(1, sysconf(Int32(_SC_PAGESIZE))))
        bootTimeSeconds = procFS.bootTimeSeconds()
        processor = Mutex(ProcessorUsage(baseline: procFS.processorTimes()))
    }

    /// One reading.
    package func sample() -> SystemMetrics {
        var metrics = SystemMetrics()
        if let times = procFS.processorTimes() {
            metrics.processorUsagePercent = processor.withLock { $0.percent(at: times) }
        }
        metrics.usedMemoryBytes = procFS.memory()?.usedBytes
        metrics.disks = disks.usage()
        metrics.network = procFS.interfaceTraffic()
        readProcess(into: &metrics)
        return metrics
    }

    private func readProcess(into metrics: inout SystemMetrics) {
        if let status = procFS.processStatus() {
            let startSeconds = Double(status.startTicks) / ticksPerSecond
            metrics.processorSeconds = Double(status.processorTicks) / ticksPerSecond
            metrics.threads = status.threads
            metrics.uptimeSeconds = max(0, Double(BootClock.nanoseconds) / 1e9 - startSeconds)
            metrics.startTimeSeconds = bootTimeSeconds.map { Double($0) + startSeconds }
            metrics.virtualMemoryBytes = status.virtualBytes
            let (resident, overflow) = status.residentPages.multipliedReportingOverflow(by: pageBytes)
            metrics.residentMemoryBytes = overflow ? nil : resident
        }
        let limits = procFS.processLimits()
        metrics.virtualMemoryLimitBytes = limits?.addressSpaceBytes
        metrics.descriptorLimit = limits?.openFiles
        metrics.openDescriptors = procFS.openDescriptors()
    }
}

/// How busy the processors were between two readings.
struct ProcessorUsage {
    /// Ticks that must lie between two readings: two scrapes at once would else compare a tick or two.
    static let leastTicks: UInt64 = 50

    private var baseline: ProcFS.ProcessorTimes?
    private var lastPercent: Double?

    init(baseline: ProcFS.ProcessorTimes?) { self.baseline = baseline }

    /// The busy share since the last reading that was far enough away, percent; nil until there is one.
    mutating func percent(at times: ProcFS.ProcessorTimes) -> Double? {
        guard let before = baseline, times.totalTicks >= before.totalTicks else {
            // Counters that go back belong to another machine state (a container that was moved): begin anew.
            baseline = times
            return lastPercent
        }
        let total = times.totalTicks - before.totalTicks
        guard total >= Self.leastTicks else { return lastPercent }
        // iowait, which counts as idle, may go back (proc(5)).
        let idle = times.idleTicks - min(before.idleTicks, times.idleTicks)
        lastPercent = 100 * Double(total - min(idle, total)) / Double(total)
        baseline = times
        return lastPercent
    }
}
