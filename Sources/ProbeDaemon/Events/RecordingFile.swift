internal import Glibc

/// A file of lines that is written at its end, for one thread. What fails says so, with `errno`.
struct RecordingFile: ~Copyable {
    private let path: String
    private var descriptor: Int32 = -1
    /// What is in it.
    private(set) var bytes = 0

    /// A file that is not open.
    init(_ path: String) { self.path = path }

    deinit { if descriptor >= 0 { _ = Glibc.close(descriptor) } }

    /// Opens it and empties it.
    mutating func begin() -> Bool { open(O_TRUNC) }

    /// Opens it behind what is in it; half a line, as of a writer that was killed, is ended.
    mutating func append() -> Bool {
        guard open(0) else { return false }
        bytes = max(0, Int(lseek(descriptor, 0, SEEK_END)))
        var last: UInt8 = 0x0A
        if bytes > 0, pread(descriptor, &last, 1, off_t(bytes - 1)) == 1, last != 0x0A { return write([0x0A]) }
        return true
    }

    /// Writes lines, all of them or none.
    mutating func write(_ lines: [UInt8]) -> Bool {
        guard descriptor >= 0 || append() else { return false }
        var rest = lines[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno != EINTR {
                let number = errno
                _ = ftruncate(descriptor, off_t(bytes))
                errno = number
                return false
            }
            rest = rest.dropFirst(max(0, count))
        }
        bytes += lines.count
        return true
    }

    /// Calls it `PATH.1`, in the place of the one before, and begins a new one.
    mutating func setAside() -> Bool {
        guard rename(path, path + ".1") == 0 else { return false }
        _ = close()
        return begin()
    }

    /// Closes it.
    mutating func close() -> Bool {
        defer { descriptor = -1 }
        return descriptor < 0 || Glibc.close(descriptor) == 0
    }

    private mutating func open(_ flags: Int32) -> Bool {
        descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | flags, 0o600)
        bytes = 0
        return descriptor >= 0
    }
}
