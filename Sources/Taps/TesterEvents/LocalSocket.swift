internal import Glibc

/// Unix stream sockets, with the error of the call that failed.
enum LocalSocket {
    /// Why there is no socket: the number of errno.
    struct Failure: Error, Equatable {
        let errno: Int32
    }

    /// A socket file as it was made, to know it again.
    struct File: Equatable {
        let device: dev_t
        let inode: ino_t
    }

    /// A listening socket at the path, which members of the group may use where one is given.
    ///
    /// A socket file on which nobody answers is replaced; EADDRINUSE when somebody answers.
    static func listen(at path: String, group: gid_t?) throws(Failure) -> (descriptor: Int32, file: File) {
        let descriptor = try make()
        do throws(Failure) {
            // The file gets the mode that the socket has, so that it is never open to more.
            guard fchmod(descriptor, 0o660) == 0 else { throw Failure(errno: errno) }
            try bind(descriptor, to: path)
            guard chmod(path, 0o660) == 0 else { throw Failure(errno: errno) }
            if let group, chown(path, uid_t.max, group) != 0 { throw Failure(errno: errno) }
            guard Glibc.listen(descriptor, 128) == 0, let file = file(at: path) else { throw Failure(errno: errno) }
            return (descriptor, file)
        } catch {
            close(descriptor)
            throw error
        }
    }

    /// A connection to whoever listens at the path; EAGAIN when they are too busy to accept.
    static func connect(to path: String) throws(Failure) -> Int32 {
        let descriptor = try make()
        let result = try with(path) { Glibc.connect(descriptor, $0, $1) }
        guard result == 0 else {
            let failure = Failure(errno: errno)
            close(descriptor)
            throw failure
        }
        return descriptor
    }

    /// Removes the socket file unless somebody has put another in its place.
    static func remove(_ path: String, ifStill known: File) {
        if file(at: path) == known { unlink(path) }
    }

    private static func make() throws(Failure) -> Int32 {
        let kind = Int32(bitPattern: SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_UNIX, kind, 0)
        guard descriptor >= 0 else { throw Failure(errno: errno) }
        return descriptor
    }

    private static func bind(_ descriptor: Int32, to path: String) throws(Failure) {
        if try with(path, { Glibc.bind(descriptor, $0, $1) }) == 0 { return }
        guard errno == EADDRINUSE, isAbandoned(path) else { throw Failure(errno: errno) }
        unlink(path)
        guard try with(path, { Glibc.bind(descriptor, $0, $1) }) == 0 else { throw Failure(errno: errno) }
    }

    /// Whether there is a socket file and nobody answers on it; keeps errno.
    private static func isAbandoned(_ path: String) -> Bool {
        let saved = errno
        defer { errno = saved }
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return false }
        do throws(Failure) {
            close(try connect(to: path))
            return false
        } catch {
            // Any other error means that somebody is there, who is busy, of another kind, or not for us.
            return error.errno == ECONNREFUSED
        }
    }

    private static func file(at path: String) -> File? {
        var status = stat()
        return lstat(path, &status) == 0 ? File(device: status.st_dev, inode: status.st_ino) : nil
    }

    private static func with(
        _ path: String, _ call: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) throws(Failure) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard !bytes.isEmpty else { throw Failure(errno: ENOENT) }
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { throw Failure(errno: ENAMETOOLONG) }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { call($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
    }
}
