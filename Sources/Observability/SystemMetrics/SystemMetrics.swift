/// One reading of the machine and of this process; what could not be read is nil or left out.
package struct SystemMetrics: Sendable, Hashable {
    /// The space of the file system that holds a path.
    package struct DiskUsage: Sendable, Hashable {
        /// The path as it was given.
        package var path: String
        /// Bytes in use.
        package var usedBytes: UInt64
        /// Bytes that programs of any user may still take.
        package var availableBytes: UInt64

        package init(path: String, _ space: DiskSpace) {
            self.path = path
            usedBytes = space.usedBytes
            availableBytes = space.availableBytes
        }
    }

    /// Share of all processors' time that was not idle since the reading before, percent from 0 to 100.
    package var processorUsagePercent: Double?
    /// Memory of the machine that is not available to programs, bytes.
    package var usedMemoryBytes: UInt64?
    /// Disk use, a row for each path that was asked for.
    package var disks: [DiskUsage] = []
    /// Network traffic, a row for each interface.
    package var network: [ProcFS.InterfaceTraffic] = []

    /// Processor time of this process in program and kernel, seconds.
    package var processorSeconds: Double?
    /// Number of threads of this process.
    package var threads: UInt64?
    /// Age of this process, seconds.
    package var uptimeSeconds: Double?
    /// When this process started, seconds since 1970 in UTC.
    package var startTimeSeconds: Double?
    /// Address space of this process, bytes.
    package var virtualMemoryBytes: UInt64?
    /// Largest address space, bytes; `UInt64.max` without limit.
    package var virtualMemoryLimitBytes: UInt64?
    /// Memory of this process that is in use, bytes.
    package var residentMemoryBytes: UInt64?
    /// Open descriptors of this process.
    package var openDescriptors: UInt64?
    /// Most descriptors that it may have open; `UInt64.max` without limit.
    package var descriptorLimit: UInt64?

    package init() {}
}
