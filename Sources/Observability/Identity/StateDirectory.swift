internal import Glibc

/// Where the probe keeps what outlives it.
package enum StateDirectory {
    /// Its name in the place for all programs' state.
    private static let name = "cardlink-probe"

    /// The directory of this process, which may not be there yet.
    package static var path: String {
        path({ name in getenv(name).map { String(cString: $0) } }, isRoot: geteuid() == 0)
    }

    /// The directory under these variables; a relative value is no value.
    static func path(_ variable: (String) -> String?, isRoot: Bool) -> String {
        func directory(_ name: String) -> String? { variable(name).flatMap { $0.hasPrefix("/") ? $0 : nil } }
        if let state = directory("XDG_STATE_HOME") { return "\(state)/\(name)" }
        // A program that some other service started finds that service's directory here.
        if let own = directory("STATE_DIRECTORY")?.split(separator: ":").first,
            own.split(separator: "/").last?.hasPrefix(name) == true
        {
            return String(own)
        }
        if isRoot { return "/var/lib/\(name)" }
        return "\(variable("HOME") ?? "")/.local/state/\(name)"
    }
}

/// Makes small files that are there in full or not at all.
package enum StateFile {
    /// The error number of what went wrong.
    struct Failure: Error {
        let errno: Int32
    }

    /// Makes a file, and its directories for this user alone; one that is there stays as it is.
    ///
    /// The bytes are written beside it first and then get its name, so that of several makers one wins.
    static func create(_ path: String, _ bytes: [UInt8], mode: mode_t) throws(Failure) {
        makeDirectories(of: path)
        let part = "\(path).\(getpid()).part"
        let descriptor = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw Failure(errno: errno) }
        defer { unlink(part) }
        let written = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        let isSafe = written == bytes.count && fsync(descriptor) == 0
        let failure = errno
        close(descriptor)
        guard isSafe else { throw Failure(errno: written < 0 ? failure : ENOSPC) }
        guard link(part, path) == 0 || errno == EEXIST else { throw Failure(errno: errno) }
    }

    /// Makes the directories of a file that are missing, for this user alone.
    package static func makeDirectories(of path: String) {
        var end = path.startIndex
        while let slash = path[path.index(after: end)...].firstIndex(of: "/") {
            mkdir(String(path[..<slash]), 0o700)
            end = slash
        }
    }
}
