internal import Glibc
internal import ProbeEvents

/// A file, FIFO or pipe that blocks are written into, each whole or not at all.
package struct CaptureFile: Sendable {
    /// Where it was asked for.
    package let path: String
    /// Why the last block could not be written; 0 when none failed.
    package private(set) var failure: Int32 = 0

    /// Whether it is a FIFO or pipe.
    package let isStream: Bool
    /// What of a file is whole blocks, bytes.
    package private(set) var wholeBytes: Int = 0

    private let descriptor: Int32
    /// A pipe that took part of a block is of no use any more.
    private var isBroken = false
    /// How long somebody who reads a pipe may take nothing.
    private var patienceMilliseconds: Int32 = 1_000

    /// How long a FIFO waits for somebody who reads it.
    private static let readerPatienceMilliseconds = 2_000

    /// Makes it, for this user only, or empties it; where it has to be new, what is there stays. A FIFO that nobody reads is
    /// waited for a little.
    package init(_ path: String, isNew: Bool = false) throws(CaptureFileError) {
        self.path = path
        let descriptor = Self.open(path, isNew ? O_EXCL | O_NOFOLLOW : O_TRUNC)
        guard descriptor >= 0 else { throw CaptureFileError(path: path, errno: errno) }
        var status = stat()
        fstat(descriptor, &status)
        isStream = status.st_mode & S_IFMT != S_IFREG
        self.descriptor = descriptor
        // One that was there may be readable by others; a terminal would be filled with rubbish.
        let isUsable = isStream ? isatty(descriptor) == 0 : fchmod(descriptor, 0o600) == 0
        guard isUsable else {
            let number = isStream ? ENOTSUP : errno
            close()
            throw CaptureFileError(path: path, errno: number)
        }
        // So that a second probe, which would move it away, knows that it is written.
        if !isStream { flock(descriptor, LOCK_EX | LOCK_NB) }
    }

    /// Whether it is still there under its name, and as long as it was written.
    package var isInPlace: Bool {
        var named = stat()
        var own = stat()
        return stat(path, &named) == 0 && fstat(descriptor, &own) == 0 && named.st_dev == own.st_dev
            && named.st_ino == own.st_ino && own.st_size >= wholeBytes
    }

    private static func open(_ path: String, _ more: Int32) -> Int32 {
        let flags = O_WRONLY | O_CREAT | more | O_CLOEXEC | O_NONBLOCK | O_NOCTTY
        for _ in 0..<(readerPatienceMilliseconds / 20) {
            let descriptor = Glibc.open(path, flags, 0o600)
            if descriptor >= 0 || errno != ENXIO { return descriptor }
            usleep(20_000)
        }
        errno = ENXIO
        return -1
    }

    /// Appends blocks; false when they are not there, and then nothing of them is.
    package mutating func append(_ blocks: [UInt8]) -> Bool {
        guard !isBroken else { return false }
        let (written, number) = isStream ? pour(blocks) : write(blocks)
        if written == blocks.count {
            wholeBytes += written
            return true
        }
        failure = number
        if isStream {
            isBroken = written > 0 || number == EPIPE
        } else if written > 0, ftruncate(descriptor, wholeBytes) == 0 {
            lseek(descriptor, wholeBytes, SEEK_SET)
        }
        return false
    }

    /// Lets it go.
    package func close() { _ = Glibc.close(descriptor) }

    private func write(_ bytes: [UInt8]) -> (written: Int, errno: Int32) {
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 || errno == EINTR else { return (written, errno) }
            written += max(0, count)
        }
        return (written, 0)
    }

    /// The same into a pipe, which may be full for a while, or have nobody any more who reads it.
    private mutating func pour(_ bytes: [UInt8]) -> (written: Int, errno: Int32) {
        var pipeSignal = sigset_t()
        var before = sigset_t()
        sigemptyset(&pipeSignal)
        sigaddset(&pipeSignal, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &pipeSignal, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        var total = 0
        while true {
            let (written, number) = write(Array(bytes[total...]))
            total += written
            if number == EPIPE {
                var now = timespec()
                sigtimedwait(&pipeSignal, nil, &now)
            }
            guard number == EAGAIN else { return (total, number) }
            var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            guard poll(&wait, 1, patienceMilliseconds) > 0 else {
                // Once is enough: who reads nothing for so long is not waited for again.
                patienceMilliseconds = 0
                return (total, ETIMEDOUT)
            }
        }
    }
}

/// Why there is no capture.
package struct CaptureFileError: ExplainedError, Hashable {
    /// Where it was asked for.
    package var path: String
    /// The system's reason.
    package var errno: Int32

    /// A reason for a place.
    package init(path: String, errno: Int32) { (self.path, self.errno) = (path, errno) }

    /// One line: what, where, what to do next.
    package var explanation: String {
        switch errno {
        case ENXIO: "cannot capture into \(path): nobody reads it; start its reader first: wireshark -k -i \(path)"
        case EWOULDBLOCK:
            "cannot capture into \(path): another process writes it; name another file, or stop that process"
        case ENOTSUP: "cannot capture into \(path): it is a terminal; name a file with --capture"
        default: "cannot capture into \(path): \(String(cString: strerror(errno))); name another file with --capture"
        }
    }
}
