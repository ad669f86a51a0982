internal import Glibc
internal import Modem
internal import ProbeEvents

/// A file that a report goes into, whole or not at all.
struct ReportFile: Sendable {
    /// Where it was asked for.
    let path: String

    /// Sees beforehand whether it can be written.
    init(_ path: String) throws(ReportFileError) {
        // A link stays one: what it leads to is written.
        self.path = Machine.resolved(path)
        guard !isDevice else { return }
        let directory = path.lastIndex(of: "/").map { path[...$0] } ?? "./"
        guard access(String(directory), W_OK | X_OK) == 0 else { throw .cannotWrite(path: path, errno: errno) }
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
            throw .cannotWrite(path: path, errno: EISDIR)
        }
    }

    /// Writes the bytes: beside the file first, then in its place, so that nobody reads half of them.
    func write(_ bytes: [UInt8]) throws(ReportFileError) {
        let target = isDevice ? path : "\(path).\(getpid()).part"
        // Of a pipe that nobody reads it is told at once.
        let descriptor = open(target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | (isDevice ? O_NONBLOCK : 0), 0o666)
        guard descriptor >= 0 else { throw .cannotWrite(path: path, errno: errno) }
        let failure = Self.write(bytes, to: descriptor)
        close(descriptor)
        guard failure == 0, isDevice || rename(target, path) == 0 else {
            let number = failure == 0 ? errno : failure
            if !isDevice { unlink(target) }
            throw .cannotWrite(path: path, errno: number)
        }
    }

    /// A pipe, a terminal or `/dev/stderr`: nothing that could be replaced.
    private var isDevice: Bool {
        var status = stat()
        guard stat(path, &status) == 0 else { return false }
        return ![S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT)
    }

    /// How long somebody who reads a pipe may take nothing.
    private static let patienceMilliseconds: Int32 = 2_000

    private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EAGAIN {
                var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                guard poll(&wait, 1, patienceMilliseconds) > 0 else { return ETIMEDOUT }
                continue
            }
            guard count > 0 || errno == EINTR else { return errno }
            rest = rest.dropFirst(max(0, count))
        }
        return 0
    }
}

/// Why a report was not written.
struct ReportFileError: ExplainedError, Hashable {
    var path: String
    var errno: Int32

    static func cannotWrite(path: String, errno: Int32) -> ReportFileError {
        ReportFileError(path: path, errno: errno)
    }

    /// One line: what, where, what to do next.
    var explanation: String {
        "cannot write \(path): \(String(cString: strerror(errno))); name another file"
    }
}
