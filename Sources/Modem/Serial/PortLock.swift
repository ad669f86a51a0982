internal import Glibc

/// A lock file in the manner of UUCP: `LCK..ttyUSB2`, with the process id in ten characters, as picocom, minicom, pppd
/// and gammu know it.
struct PortLock: Sendable, Equatable {
    /// Where it lies.
    let path: String

    /// Where such files lie by the Filesystem Hierarchy Standard; nil where there is no such folder.
    static var usualDirectory: String? { ["/run/lock", "/var/lock"].first { access($0, W_OK) == 0 } }

    private static let attempts = 3

    /// Takes the lock of a device; a lock whose process is gone is no lock. Nil where the folder takes no files.
    static func take(device: String, directory: String) throws(ModemError) -> PortLock? {
        let name = device.hasPrefix("/dev/") ? String(device.dropFirst(5)) : device
        let lock = PortLock(path: "\(directory)/LCK..\(name.replacing("/", with: "_"))")
        let draft = "\(directory)/LTMP.\(getpid()).\(name.replacing("/", with: "_"))"
        guard write(getpid(), to: draft) else { return nil }
        defer { unlink(draft) }
        for _ in 0..<attempts {
            // A link takes the name only when nobody has it.
            if link(draft, lock.path) == 0 { return lock }
            guard errno == EEXIST else { return nil }
            let holder = lock.holder
            if let holder, !isGone(holder) { throw .held(path: device, pid: holder, lock: lock.path) }
            guard holder != nil || !exists(lock.path) else { throw .held(path: device, pid: 0, lock: lock.path) }
            lock.removeStale()
        }
        throw .held(path: device, pid: 0, lock: lock.path)
    }

    /// Gives it back.
    func release() {
        if holder == getpid() { unlink(path) }
    }

    /// The process that the file names; nil when there is none, or none that can be read.
    var holder: Int32? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 32)
        let count = read(descriptor, &bytes, bytes.count)
        // Some programs write the number itself.
        if count == 4 {
            return bytes.withUnsafeBytes { $0.loadUnaligned(as: Int32.self) }
        }
        let text = bytes.prefix(max(0, count)).drop { $0 == UInt8(ascii: " ") }.prefix { (0x30...0x39).contains($0) }
        return Int32(String(decoding: text, as: UTF8.self))
    }

    /// Takes a stale file away: aside first, and back when somebody put a good one there in between.
    private func removeStale() {
        let aside = "\(path).\(getpid())"
        guard rename(path, aside) == 0 else { return }
        if let holder = PortLock(path: aside).holder, !Self.isGone(holder) { link(aside, path) }
        unlink(aside)
    }

    private static func isGone(_ pid: Int32) -> Bool { pid <= 0 || (kill(pid, 0) != 0 && errno == ESRCH) }

    private static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    private static func write(_ pid: Int32, to path: String) -> Bool {
        unlink(path)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        let digits = String(pid)
        let line = Array((String(repeating: " ", count: max(0, 10 - digits.count)) + digits + "\n").utf8)
        return line.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) } == line.count
    }
}
