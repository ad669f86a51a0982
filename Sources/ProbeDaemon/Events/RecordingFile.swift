internal import Glibc

/// A file of lines that is written at its end, for one thread. What fails says so, with `errno`.
struct RecordingFile: ~Copyable {
    private let path: String
    private var descriptor: Int32 = -1
    /// Whether what is in it is to go before the first line.
    private var isToBeEmptied = false
    /// What is in it.
    private(set) var bytes = 0

    /// A file that is not open.
    init(_ path: String) { self.path = path }

    deinit { if descriptor >= 0 { _ = Glibc.close(descriptor) } }

    /// Opens it to begin anew: what is in it goes with the first line, or when it is closed.
    mutating func begin() -> Bool {
        guard open() else { return false }
        isToBeEmptied = true
        return true
    }

    /// Opens it behind what is in it; half a line, as of a writer that was killed, is ended.
    mutating func append() -> Bool {
        guard open() else { return false }
        bytes = max(0, Int(lseek(descriptor, 0, SEEK_END)))
        var last: UInt8 = 0x0A
        if bytes > 0, pread(descriptor, &last, 1, off_t(bytes - 1)) == 1, last != 0x0A { return write([0x0A]) }
        return true
    }

    /// Writes lines, all of them or none.
    mutating func write(_ lines: [UInt8]) -> Bool {
        guard descriptor >= 0 || append() else { return false }
        empty()
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
        empty()
        return leave()
    }

    /// Closes it as it is.
    @discardableResult
    mutating func leave() -> Bool {
        defer { descriptor = -1 }
        return descriptor < 0 || Glibc.close(descriptor) == 0
    }

    private mutating func empty() {
        // What is no file, such as a pipe, cannot be emptied, and need not be.
        if isToBeEmptied { _ = ftruncate(descriptor, 0) }
        isToBeEmptied = false
    }

    private mutating func open() -> Bool {
        descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        bytes = 0
        return descriptor >= 0
    }
}
