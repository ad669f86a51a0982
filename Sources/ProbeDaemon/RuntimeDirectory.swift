internal import Glibc
internal import ProbeEvents

/// The directory of the probe's sockets, and the sockets in it.
package struct RuntimeDirectory: Sendable, Hashable {
    /// Its path, absolute.
    package let path: String

    /// The socket that shims of programs find when `CARDLINK_RECEIVER` names it.
    package var receiverSocket: String { path + "/receiver.sock" }
    /// The socket that takes events, a line each.
    package var eventSocket: String { path + "/events.sock" }
    /// The socket of one `run`, for the shims of its program.
    package var runSocket: String { path + "/run-\(getpid()).sock" }

    /// The directory that was named; else root's, or the user's own.
    package init(named: String? = nil) {
        path = named.map(Self.absolute) ?? (geteuid() == 0 ? Self.system : Self.ofUser)
    }

    /// Root's.
    static let system = "/run/cardlink-probe"

    /// Where a daemon may listen that takes events of this process, the likeliest first.
    package static func candidates(named: String? = nil) -> [RuntimeDirectory] {
        let own = RuntimeDirectory(named: named)
        guard named == nil, own.path != system else { return [own] }
        return [own, RuntimeDirectory(named: system)]
    }

    /// Whether a daemon of ours or of root's has, or had, its event socket there.
    package var hasDaemon: Bool {
        var status = stat()
        return stat(path, &status) == 0 && Self.isOurs(status) && access(eventSocket, F_OK) == 0
    }

    /// Makes it, for this user only, where it is missing.
    package func create() throws(RuntimeDirectoryError) {
        if mkdir(path, 0o700) != 0, errno != EEXIST { throw .cannotCreate(path: path, errno: errno) }
        var status = stat()
        guard stat(path, &status) == 0 else { throw .cannotCreate(path: path, errno: errno) }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw .cannotCreate(path: path, errno: ENOTDIR) }
        guard Self.isOurs(status) else { throw .notOurs(path: path) }
        guard access(path, W_OK | X_OK) == 0 else { throw .cannotCreate(path: path, errno: errno) }
    }

    /// Takes away the sockets of runs that were killed.
    package func removeStaleSockets() {
        guard let directory = opendir(path) else { return }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            let name = entry.pointee.name
            guard name.hasPrefix("run-"), name.hasSuffix(".sock"), let pid = pid_t(name.dropFirst(4).dropLast(5)),
                pid > 0, kill(pid, 0) != 0, errno == ESRCH
            else { continue }
            unlink(path + "/" + name)
        }
    }

    /// In a directory that others may write to, they could put their own socket in the place of ours.
    private static func isOurs(_ status: stat) -> Bool {
        let isOthers = status.st_uid != geteuid() && status.st_uid != 0
        return !isOthers && (status.st_mode & S_IWOTH == 0 || status.st_mode & S_ISVTX != 0)
    }

    private static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/"), let here = getcwd(nil, 0) else { return path }
        defer { free(here) }
        return String(cString: here) + "/" + path
    }

    private static var ofUser: String {
        // The base directory specification: a relative value is no value.
        if let base = getenv("XDG_RUNTIME_DIR").map({ String(cString: $0) }), base.hasPrefix("/") {
            return base + "/cardlink-probe"
        }
        return "/tmp/cardlink-probe-\(geteuid())"
    }
}

/// Why there is no place for sockets.
package enum RuntimeDirectoryError: ExplainedError, Hashable {
    /// It is not there and cannot be made, or cannot be written.
    case cannotCreate(path: String, errno: Int32)
    /// Somebody else could put sockets of their own there.
    case notOurs(path: String)

    /// One line: what, where, what to do next.
    package var explanation: String {
        switch self {
        case .cannotCreate(let path, let number):
            "cannot put sockets into \(path): \(String(cString: strerror(number))); choose another with --runtime-dir"
        case .notOurs(let path):
            "will not put sockets into \(path), where others can write; choose another with --runtime-dir"
        }
    }
}

extension dirent {
    /// The entry's name.
    var name: String {
        withUnsafeBytes(of: d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
