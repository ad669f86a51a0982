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
    /// The socket of one `run` that takes events of its program.
    package var runEventSocket: String { path + "/run-\(getpid())-events.sock" }

    /// The directory that was named; else root's, or the user's own.
    package init(named: String? = nil) {
        path = named.map(Self.absolute) ?? (geteuid() == 0 && !Self.belongsToService ? Self.system : Self.ofUser)
    }

    /// Root's, or that of a service with a user of its own, in which root puts no sockets.
    static let system = "/run/cardlink-probe"

    /// Where a daemon may listen that takes events of this process, the likeliest first.
    package static func candidates(named: String? = nil) -> [RuntimeDirectory] {
        let own = RuntimeDirectory(named: named)
        guard named == nil, own.path != system else { return [own] }
        return [own, RuntimeDirectory(named: system)]
    }

    /// Whether a daemon of ours, of root's or of the system's has, or had, its event socket there.
    package var hasDaemon: Bool {
        var status = stat()
        guard stat(path, &status) == 0, Self.isOurs(status) || isOfService(status) else { return false }
        return access(eventSocket, F_OK) == 0
    }

    /// The group whose members may enter, where this user may not.
    package var groupToJoin: String? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IXGRP != 0, access(path, X_OK) != 0 else { return nil }
        return getgrgid(status.st_gid).map { String(cString: $0.pointee.gr_name) }
    }

    /// A group whose members may enter.
    package struct Group: Sendable, Hashable {
        /// Its name.
        package var name: String
        /// Its number.
        package var number: UInt32

        /// A group that the system knows.
        package init(name: String, number: UInt32) {
            self.name = name
            self.number = number
        }
    }

    /// Makes it where it is missing: for this user, and for members of the group to enter where one is named.
    package func create(for group: Group? = nil) throws(RuntimeDirectoryError) {
        if mkdir(path, 0o700) == 0 {
            if let group { try open(to: group) }
        } else if errno != EEXIST {
            throw .cannotCreate(path: path, errno: errno)
        }
        var status = stat()
        guard stat(path, &status) == 0 else { throw .cannotCreate(path: path, errno: errno) }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw .cannotCreate(path: path, errno: ENOTDIR) }
        guard Self.isOurs(status) else { throw .notOurs(path: path) }
        guard access(path, W_OK | X_OK) == 0 else { throw .cannotCreate(path: path, errno: errno) }
        if let group, !Self.admits(group, status) { throw .closed(path: path, group: group.name) }
    }

    private func open(to group: Group) throws(RuntimeDirectoryError) {
        guard chown(path, uid_t.max, group.number) == 0, chmod(path, 0o750) == 0 else {
            let number = errno
            rmdir(path)
            throw .cannotOpen(path: path, group: group.name, errno: number)
        }
    }

    /// A directory that was there before stays as it is: it may be anybody's, `/run` itself.
    private static func admits(_ group: Group, _ status: stat) -> Bool {
        status.st_mode & S_IXOTH != 0 || (status.st_gid == group.number && status.st_mode & S_IXGRP != 0)
    }

    /// Takes away the sockets of runs that were killed.
    package func removeStaleSockets() {
        for name in directoryNames(path) ?? [] {
            guard name.hasPrefix("run-"), name.hasSuffix(".sock"),
                let number = name.dropFirst(4).dropLast(5).split(separator: "-").first,
                let pid = pid_t(number), pid > 0, kill(pid, 0) != 0, errno == ESRCH
            else { continue }
            unlink(path + "/" + name)
        }
    }

    /// In a directory that others may write to, they could put their own socket in the place of ours.
    private static func isOurs(_ status: stat) -> Bool {
        let isOthers = status.st_uid != geteuid() && status.st_uid != 0
        return !isOthers && (status.st_mode & S_IWOTH == 0 || status.st_mode & S_ISVTX != 0)
    }

    /// Only root can have made it for a service's user, since `/run` is root's.
    private func isOfService(_ status: stat) -> Bool {
        path == Self.system && status.st_mode & (S_IWGRP | S_IWOTH) == 0
    }

    private static var belongsToService: Bool {
        var status = stat()
        return stat(system, &status) == 0 && status.st_uid != 0
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
    /// It was made, and cannot be given to the group.
    case cannotOpen(path: String, group: String, errno: Int32)
    /// It was there, and members of the group cannot enter.
    case closed(path: String, group: String)

    /// One line: what, where, what to do next.
    package var explanation: String {
        switch self {
        case .cannotCreate(let path, let number):
            "cannot put sockets into \(path): \(String(cString: strerror(number))); choose another with --runtime-dir"
        case .notOurs(let path):
            "will not put sockets into \(path), where others can write; choose another with --runtime-dir"
        case .cannotOpen(let path, let group, let number):
            "cannot open \(path) to group \(group): \(String(cString: strerror(number))); "
                + "run as root, or as a member of the group"
        case .closed(let path, let group):
            "members of \(group) cannot enter \(path); open it: chgrp \(group) \(path) && chmod 750 \(path)"
        }
    }
}
