internal import Glibc

/// What lines are written to: standard error, or a file that is followed by its name. For one thread.
///
/// A file that was removed is opened anew under its name at once. One that was moved away is written on until there is one
/// under its name again, for a second at most: whoever moved it makes that itself, and logrotate moves a file that it
/// finds there out of its way, over the one of before. One that was truncated is written from its new
/// end, since every write appends. It has no lock and does not know what the lines say.
struct LogFile: ~Copyable {
    /// How the output stands before a write.
    enum Readiness: Equatable {
        /// As it was.
        case same
        /// What was written before is elsewhere or gone; `isInLine`: what is there ends in the middle of a line.
        case anew(isInLine: Bool)
        /// It cannot be written now.
        case failed(CInt)
    }

    private let output: LoggingConfig.Output
    private var descriptor: CInt = -1
    /// When the file was first found moved away, with nothing under its name.
    private var movedAway: ContinuousClock.Instant?
    /// So long whoever moved it has for making another.
    private static let patience: Duration = .seconds(1)
    /// The size when a line was left half written; a smaller one means that this half is gone.
    private var sizeInLine: off_t?

    init(_ output: LoggingConfig.Output) {
        self.output = output
        if output == .standardError { descriptor = STDERR_FILENO }
    }

    deinit {
        if output != .standardError, descriptor >= 0 { close(descriptor) }
    }

    /// Opens what has to be opened.
    mutating func prepare() -> Readiness {
        guard case .file(let path) = output else { return .same }
        var named = stat()
        var own = stat()
        let isOpen = descriptor >= 0 && fstat(descriptor, &own) == 0
        let isNamed = stat(path, &named) == 0
        if isOpen, isNamed, own.st_dev == named.st_dev, own.st_ino == named.st_ino {
            movedAway = nil
            guard let size = sizeInLine, own.st_size < size else { return .same }
            return .anew(isInLine: false)
        }
        if isOpen, !isNamed, own.st_nlink > 0 {
            let now = ContinuousClock.now
            let since = movedAway ?? now
            movedAway = since
            if now - since < Self.patience { return .same }
        }
        movedAway = nil
        // Without waiting, since a FIFO that nobody reads would hold up the opening, and a full one the writing.
        let opened = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0o640)
        guard opened >= 0 else {
            // Under another name it is better than nothing; removed, it is nothing.
            return isOpen && own.st_nlink > 0 ? .same : .failed(errno)
        }
        if descriptor >= 0 { close(descriptor) }
        descriptor = opened
        sizeInLine = nil
        return .anew(isInLine: Self.endsInLine(path, opened))
    }

    /// Writes as much as it can; how much that was, and why it was not all.
    mutating func write(_ bytes: ArraySlice<UInt8>) -> (count: Int, failure: CInt?) {
        var rest = bytes
        sizeInLine = nil
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                let failure = errno
                noteFailure(failure)
                return (bytes.count - rest.count, failure)
            }
        }
        return (bytes.count, nil)
    }

    private mutating func noteFailure(_ failure: CInt) {
        guard output != .standardError else { return }
        var own = stat()
        if fstat(descriptor, &own) == 0, own.st_mode & S_IFMT == S_IFREG { sizeInLine = own.st_size }
        // Nobody reads the FIFO any more; whoever does next opens it anew.
        if failure == EPIPE {
            close(descriptor)
            descriptor = -1
        }
    }

    /// Whether a file that is there already ends in the middle of a line, as one does whose writer was killed.
    private static func endsInLine(_ path: String, _ opened: CInt) -> Bool {
        var status = stat()
        guard fstat(opened, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size > 0 else { return false }
        let reader = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard reader >= 0 else { return false }
        defer { close(reader) }
        var last: UInt8 = 0
        return pread(reader, &last, 1, status.st_size - 1) == 1 && last != UInt8(ascii: "\n")
    }
}
