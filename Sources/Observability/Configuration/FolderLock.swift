internal import Glibc
internal import ProbeEvents

/// Keeps other programs of this probe from changing a file while one does: a lock on the file's folder, since the file
/// itself is replaced. It ends with its value, and with the program.
struct FolderLock: ~Copyable {
    private let descriptor: Int32

    /// Why it is not to be had.
    struct Failure: ExplainedError, Hashable {
        let path: String
        let number: Int32

        /// One line: what, where, what to do next.
        var explanation: String {
            number == EWOULDBLOCK
                ? "\(path) is being changed by another program; try again"
                : "cannot write \(path): \(String(cString: strerror(number))); the file is as it was"
        }
    }

    /// Waits for the lock of a file's folder, so long at most.
    static func of(_ file: String, within limit: Duration) async throws -> FolderLock {
        let end = ContinuousClock.now + limit
        while true {
            do throws(Failure) {
                return try FolderLock(file)
            } catch {
                guard error.number == EWOULDBLOCK, ContinuousClock.now < end else { throw error }
                try await Task.sleep(for: .milliseconds(10))
            }
        }
    }

    private init(_ file: String) throws(Failure) {
        let path = ReplacedFile.resolved(file)
        let slash = path.lastIndex(of: "/")
        let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let opened = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard opened >= 0 else { throw Failure(path: file, number: errno) }
        guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
            let number = errno
            close(opened)
            throw Failure(path: file, number: number)
        }
        descriptor = opened
    }

    deinit { close(descriptor) }
}
