internal import Glibc
internal import ProbeEvents

/// What the files of `/proc`, `/sys`, `/dev` and `/etc` say of a machine: this one, or one that was written down.
package struct Machine: Sendable {
    /// What stands before each path; empty for this machine.
    package let root: String

    /// A process.
    package struct Process: Sendable, Hashable {
        /// Its id.
        package var pid: Int32
        /// The kernel's short name.
        package var name: String
    }

    /// The machine whose files stand under a root; this one without.
    package init(root: String = "") { self.root = root }

    /// Names in a directory, ascending; none when it cannot be read.
    package func names(in folder: String) -> [String] {
        (directoryNames(root + folder) ?? []).sorted()
    }

    /// The text of a file without its last line feed, at most so many bytes; nil when it cannot be read.
    package func text(_ path: String, most: Int = 1 << 20) -> String? {
        let descriptor = open(root + path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while bytes.count < most {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Where a symbolic link points to; nil for none.
    package func link(_ path: String) -> String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4_096) { buffer in
            guard let base = buffer.baseAddress else { return nil }
            let count = readlink(root + path, base, buffer.count)
            return count > 0 ? String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self) : nil
        }
    }

    /// The path without links; as it is when there is nothing there.
    package static func resolved(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }

    /// Whether there is such a file.
    package func has(_ path: String) -> Bool { access(root + path, F_OK) == 0 }

    /// Whether this user may read and write it.
    package func isUsable(_ path: String) -> Bool { access(root + path, R_OK | W_OK) == 0 }

    /// All processes, by id.
    package var processes: [Process] {
        names(in: "/proc").compactMap { Int32($0) }.sorted().map(process)
    }

    /// The processes that have a file open, as far as this user may look.
    package func holders(of path: String) -> [Process] { processes.filter { holds($0.pid, path) } }

    /// A process besides one that has a file open, as far as this user may look; the one that was begun last is found
    /// first.
    package func holder(of path: String, besides own: Int32) -> Process? {
        let pids = names(in: "/proc").compactMap { Int32($0) }.sorted(by: >)
        return pids.first { $0 != own && holds($0, path) }.map(process)
    }

    private func holds(_ pid: Int32, _ path: String) -> Bool {
        names(in: "/proc/\(pid)/fd").contains { link("/proc/\(pid)/fd/\($0)") == path }
    }

    private func process(_ pid: Int32) -> Process { Process(pid: pid, name: text("/proc/\(pid)/comm") ?? "") }
}

extension Machine.Process: CustomStringConvertible {
    /// `minicom (99)`.
    package var description: String { "\(name) (\(pid))" }
}
