internal import Glibc

/// Reads what the kernel tells about the machine and this process under `/proc`.
///
/// Each reading is nil when its file cannot be read or makes no sense; any text is parsed without a trap.
package struct ProcFS: Sendable {
    /// Times of all processors since the machine was started, clock ticks.
    package struct ProcessorTimes: Sendable, Hashable {
        /// All time.
        package var totalTicks: UInt64
        /// Time in which a processor did nothing, or waited for a disk.
        package var idleTicks: UInt64

        package init(totalTicks: UInt64, idleTicks: UInt64) {
            self.totalTicks = totalTicks
            self.idleTicks = idleTicks
        }
    }

    /// Memory of the machine.
    package struct Memory: Sendable, Hashable {
        /// All of it.
        package var totalBytes: UInt64
        /// What programs can still have; what caches hold can be had back and counts here.
        package var availableBytes: UInt64

        package init(totalBytes: UInt64, availableBytes: UInt64) {
            self.totalBytes = totalBytes
            self.availableBytes = availableBytes
        }

        /// What programs cannot have.
        package var usedBytes: UInt64 { totalBytes - min(availableBytes, totalBytes) }
    }

    /// What passed a network interface since it came up.
    package struct InterfaceTraffic: Sendable, Hashable {
        /// The interface's name.
        package var interface: String
        /// Bytes that came in.
        package var receivedBytes: UInt64
        /// Bytes that went out.
        package var sentBytes: UInt64

        package init(interface: String, receivedBytes: UInt64, sentBytes: UInt64) {
            self.interface = interface
            self.receivedBytes = receivedBytes
            self.sentBytes = sentBytes
        }
    }

    /// What `/proc/self/stat` tells.
    package struct ProcessStatus: Sendable, Hashable {
        /// Processor time spent in the program and in the kernel for it, clock ticks.
        package var processorTicks: UInt64
        /// Number of threads.
        package var threads: UInt64
        /// When the process started, clock ticks since the machine was started.
        package var startTicks: UInt64
        /// Size of its address space.
        package var virtualBytes: UInt64
        /// Memory that is in use.
        package var residentPages: UInt64

        package init(
            processorTicks: UInt64, threads: UInt64, startTicks: UInt64, virtualBytes: UInt64, residentPages: UInt64
        ) {
            self.processorTicks = processorTicks
            self.threads = threads
            self.startTicks = startTicks
            self.virtualBytes = virtualBytes
            self.residentPages = residentPages
        }
    }

    /// What `/proc/self/limits` tells; `UInt64.max` where there is no limit.
    package struct ProcessLimits: Sendable, Hashable {
        /// Most descriptors that may be open.
        package var openFiles: UInt64?
        /// Largest address space, bytes.
        package var addressSpaceBytes: UInt64?

        package init(openFiles: UInt64?, addressSpaceBytes: UInt64?) {
            self.openFiles = openFiles
            self.addressSpaceBytes = addressSpaceBytes
        }
    }

    /// The folder that it reads; another than `/proc` in a test.
    package let root: String

    /// Reads under a folder.
    package init(root: String = "/proc") { self.root = root }

    /// Times of all processors together.
    package func processorTimes() -> ProcessorTimes? { text("stat").flatMap(Self.processorTimes(fromStat:)) }

    /// When the machine was started, seconds since 1970 in UTC.
    package func bootTimeSeconds() -> UInt64? { text("stat").flatMap(Self.bootTimeSeconds(fromStat:)) }

    /// Memory of the machine.
    package func memory() -> Memory? { text("meminfo").flatMap(Self.memory(fromMeminfo:)) }

    /// Traffic of each network interface.
    package func interfaceTraffic() -> [InterfaceTraffic] { text("net/dev").map(Self.traffic(fromNetDev:)) ?? [] }

    /// Times, threads and memory of this process.
    package func processStatus() -> ProcessStatus? { text("self/stat").flatMap(Self.processStatus(fromStat:)) }

    /// Limits of this process.
    package func processLimits() -> ProcessLimits? { text("self/limits").map(Self.limits(fromLimits:)) }

    /// How many descriptors this process has open, the one that reads the list left out.
    package func openDescriptors() -> UInt64? {
        guard let folder = opendir("\(root)/self/fd") else { return nil }
        defer { closedir(folder) }
        var entries: UInt64 = 0
        while let entry = readdir(folder) {
            // The numbers are what counts: `.` and `..` begin with a dot.
            if entry.pointee.d_name.0 != CChar(bitPattern: UInt8(ascii: ".")) { entries += 1 }
        }
        return entries - min(entries, 1)
    }

    /// A file's text; at most 1 MiB, since these files have no length of their own.
    private func text(_ name: String) -> String? {
        let descriptor = open("\(root)/\(name)", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while bytes.count < 1 << 20 {
            let length = read(descriptor, &chunk, chunk.count)
            if length < 0 && errno == EINTR { continue }
            guard length >= 0 else { return nil }
            guard length > 0 else { break }
            bytes.append(contentsOf: chunk[..<length])
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
