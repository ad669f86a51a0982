internal import Glibc
internal import ProbeEvents
internal import PrometheusClient
internal import Synchronization

extension Collector {
    /// Reads machine and process at a scrape, unless that was done a moment ago, and shows what could be read.
    func observeSystem(with sampler: SystemSampler) {
        let reading = LastReading()
        registry.beforeEachScrape { reading.renew(with: sampler) }
        observeProcess(reading)
        switch scope {
        case .everything: observeMachine(reading)
        case .probeHealth: break
        }
    }

    private func observeProcess(_ reading: LastReading) {
        health.processCPUSeconds.read { reading.get().processorSeconds }
        health.processOpenFDs.read { reading.get().openDescriptors.map(Self.number) }
        health.processMaxFDs.read { reading.get().descriptorLimit.flatMap(Self.finite) }
        health.processVirtualMemory.read { reading.get().virtualMemoryBytes.map(Self.number) }
        health.processVirtualMemoryMax.read { reading.get().virtualMemoryLimitBytes.flatMap(Self.finite) }
        health.processResidentMemory.read { reading.get().residentMemoryBytes.map(Self.number) }
        health.processStartTime.read { reading.get().startTimeSeconds }
        health.processThreads.read { reading.get().threads.map(Self.number) }
    }

    private func observeMachine(_ reading: LastReading) {
        catalog.systemCPUUsage.read { reading.get().processorUsagePercent }
        catalog.systemMemoryUsage.read { reading.get().usedMemoryBytes.map(Self.number) }
        catalog.systemDiskUsage.readAll { samples in
            for disk in reading.get().disks { samples.append(Double(disk.usedBytes), disk.path) }
        }
        catalog.systemDiskAvailable.readAll { samples in
            for disk in reading.get().disks { samples.append(Double(disk.availableBytes), disk.path) }
        }
        catalog.systemNetworkBytes.readAll { samples in
            for traffic in reading.get().network {
                samples.append(Double(traffic.sentBytes), TransferDirection.sent.name, traffic.interface)
                samples.append(Double(traffic.receivedBytes), TransferDirection.received.name, traffic.interface)
            }
        }
        catalog.systemProcessUptime.read { reading.get().uptimeSeconds }
        catalog.systemThreadsActive.read { reading.get().threads.map(Self.number) }
    }

    // Not `Double.init`, which takes the number for a bit pattern.
    private static func number(_ value: UInt64) -> Double { Double(value) }

    /// A limit; where there is none, nothing is shown.
    private static func finite(_ limit: UInt64) -> Double? { limit == .max ? nil : Double(limit) }

    /// Tells which program serves these metrics.
    func tellApplication() {
        health.applicationInfo.set(
            "cardlink-probe", ProbeVersion.current, "Probe beside smart-card testers", Self.swiftVersion, Self.platform)
    }

    /// Tells which bench the probe stands at.
    package func tell(_ bench: BenchIdentity) {
        catalog.benchInfo.set(bench.bench, bench.site, bench.instanceID)
    }

    /// The compiler's version, as far as a program can know it.
    private static var swiftVersion: String {
        #if compiler(>=6.5)
            "6.5 or later"
        #elseif compiler(>=6.4)
            "6.4"
        #elseif compiler(>=6.3)
            "6.3"
        #else
            "6.2"
        #endif
    }

    /// Kernel, its release, and the processor: `Linux 6.1.0-18-amd64 x86_64`.
    private static var platform: String {
        var name = utsname()
        guard uname(&name) == 0 else { return "Linux" }
        func text<Field>(_ field: Field) -> String {
            withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        }
        return "\(text(name.sysname)) \(text(name.release)) \(text(name.machine))"
    }
}

/// The last reading, for the families that show parts of it.
private final class LastReading: Sendable {
    private let state = Mutex((metrics: SystemMetrics(), atNanoseconds: UInt64?.none))

    func renew(with sampler: SystemSampler) {
        let now = EventClock.monotonicNow
        let isRecent = state.withLock { state in
            state.atNanoseconds.map { Duration.nanoseconds(Int64(clamping: now &- $0)) < sampler.interval } ?? false
        }
        guard !isRecent else { return }
        let metrics = sampler.sample()
        state.withLock { $0 = (metrics, now) }
    }

    func get() -> SystemMetrics { state.withLock { $0.metrics } }
}
