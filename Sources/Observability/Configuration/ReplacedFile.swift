internal import Glibc
internal import ProbeEvents

/// A new text for a file that is put in its place whole: a reader sees the old one or the new one.
package struct ReplacedFile: ~Copyable {
    /// Where the new text is until it takes the old one's place.
    let temporaryPath: String
    private let path: String

    /// Why it cannot be written.
    package struct Failure: ExplainedError, Hashable {
        let path: String
        let number: Int32

        /// One line: what, where, what to do next.
        package var explanation: String {
            "cannot write \(path): \(String(cString: strerror(number))); the file is as it was"
        }
    }

    /// Writes the text beside the file, with the file's mode and owner; where a link leads, what it names is replaced.
    package init(_ file: String, text: String) throws(Failure) {
        let path = Self.resolved(file)
        var template = Array("\(path).XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        guard descriptor >= 0 else { throw Failure(path: file, number: errno) }
        let temporary = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        defer { close(descriptor) }
        guard Self.copyMode(of: path, to: descriptor), Self.write(text, to: descriptor), fsync(descriptor) == 0 else {
            let number = errno
            unlink(temporary)
            throw Failure(path: file, number: number)
        }
        self.path = path
        temporaryPath = temporary
    }

    /// Puts it in its place.
    package consuming func commit() throws(Failure) {
        guard rename(temporaryPath, path) == 0 else { throw Failure(path: path, number: errno) }
    }

    deinit { unlink(temporaryPath) }

    private static func copyMode(of path: String, to descriptor: Int32) -> Bool {
        var status = stat()
        guard stat(path, &status) == 0 else {
            // A new file, as a shell would make it.
            let mask = umask(0)
            umask(mask)
            return fchmod(descriptor, 0o666 & ~mask) == 0
        }
        var own = stat()
        guard fstat(descriptor, &own) == 0 else { return false }
        let isOwned = own.st_uid == status.st_uid && own.st_gid == status.st_gid
        // The owner first: a change of it takes bits away.
        guard isOwned || fchown(descriptor, status.st_uid, status.st_gid) == 0 else { return false }
        return fchmod(descriptor, status.st_mode & 0o7777) == 0
    }

    private static func write(_ text: String, to descriptor: Int32) -> Bool {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count >= 0 || errno == EINTR else { return false }
            rest = rest.dropFirst(max(0, count))
        }
        return true
    }

    /// The path that a link leads to; the same for what is no link or is not there.
    static func resolved(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }
}
