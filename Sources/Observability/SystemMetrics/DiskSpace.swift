internal import Glibc

/// The space of the file system that holds a path.
package struct DiskSpace: Sendable, Hashable {
    /// Bytes in use.
    package var usedBytes: UInt64
    /// Bytes that programs of any user may still take; root may take more.
    package var availableBytes: UInt64

    package init(usedBytes: UInt64, availableBytes: UInt64) {
        self.usedBytes = usedBytes
        self.availableBytes = availableBytes
    }

    /// Asks the file system, which waits for as long as that does; nil when there is none.
    package init?(path: String) {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        let blocks = UInt64(status.f_blocks) - min(UInt64(status.f_bfree), UInt64(status.f_blocks))
        let (used, overflow) = blocks.multipliedReportingOverflow(by: UInt64(status.f_frsize))
        let (available, other) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        guard !overflow, !other else { return nil }
        self.init(usedBytes: used, availableBytes: available)
    }

    /// How full it is, percent, as `df` tells it but for its rounding up; nil of a file system without space of its own.
    package var usedPercent: Double? {
        let all = Double(usedBytes) + Double(availableBytes)
        return all > 0 ? 100 * Double(usedBytes) / all : nil
    }
}
