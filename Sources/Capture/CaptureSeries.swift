internal import Glibc

/// A capture in one file after the other, so that it never takes more of a disk than it may.
///
/// The newest file has the name that was asked for; older ones have a number before their ending, `bench.1.pcapng` being
/// the one before it. A file is begun when the last one is large or old enough, and when somebody has moved it away, cut
/// it or removed it. What is no file (a FIFO) is written without end.
package struct CaptureSeries: Sendable {
    /// When the next file begins, and how many there are.
    package struct Limits: Sendable, Hashable {
        /// A file that is so large is followed by the next, bytes.
        package var maxBytes: Int64
        /// Files at once, the one that is written among them.
        package var maxFiles: Int
        /// A file that was begun so long ago is followed by the next.
        package var maxAge: Duration

        /// Limits from their parts.
        package init(maxBytes: Int64, maxFiles: Int, maxAge: Duration) {
            (self.maxBytes, self.maxFiles, self.maxAge) = (maxBytes, maxFiles, maxAge)
        }
    }

    /// Where the newest one is.
    package let path: String
    /// Why the last block could not be written, or the last file not be begun; 0 when neither failed.
    package private(set) var failure: Int32 = 0

    private let limits: Limits?
    private var file: CaptureFile?
    private var begun: UInt64
    private var nextTry: UInt64 = 0

    private static let pauseNanoseconds: UInt64 = 1_000_000_000
    /// Files of earlier limits are looked for up to this number.
    private static let highestNumber = 10_000

    /// Begins the first file; one that is there is kept as the one before it. Without limits there is one file, and what
    /// was in it is gone.
    ///
    /// - Parameter now: CLOCK_MONOTONIC, nanoseconds.
    package init(_ path: String, limits: Limits?, now: UInt64) throws(CaptureFileError) {
        (self.path, begun) = (path, now)
        guard let limits, Self.isFileOrNothing(path) else {
            self.limits = nil
            file = try CaptureFile(path)
            return
        }
        self.limits = limits
        try Self.checkFree(path)
        try shift()
        file = try CaptureFile(path, isNew: true)
    }

    // MARK: The file

    /// Whether the file that is written is to be ended, and the next one begun.
    package func isTurnDue(now: UInt64) -> Bool {
        guard let limits else { return false }
        guard let file else { return now >= nextTry }
        let age = Duration.nanoseconds(Int64(clamping: now &- begun))
        return file.wholeBytes >= limits.maxBytes || age >= limits.maxAge && file.wholeBytes > 0 || !file.isInPlace
    }

    /// Begins the next file; false when that fails, and then nothing can be written until it succeeds.
    package mutating func turn(now: UInt64) -> Bool {
        file?.close()
        file = nil
        do throws(CaptureFileError) {
            try shift()
            file = try CaptureFile(path, isNew: true)
            begun = now
            return true
        } catch {
            failure = error.errno
            nextTry = now &+ Self.pauseNanoseconds
            return false
        }
    }

    /// Appends blocks; false when they are not there, and then nothing of them is.
    package mutating func append(_ blocks: [UInt8]) -> Bool {
        guard file?.append(blocks) == true else {
            if let file { failure = file.failure }
            return false
        }
        return true
    }

    /// Lets it go.
    package mutating func close() {
        file?.close()
        file = nil
    }

    // MARK: Names

    /// Gives each older file the next number; the oldest one makes room. One that is missing leaves its number free.
    private func shift() throws(CaptureFileError) {
        guard let limits else { return }
        var number = limits.maxFiles
        while number < Self.highestNumber, unlink(name(number)) == 0 { number += 1 }
        for number in stride(from: limits.maxFiles - 1, through: 1, by: -1) {
            let before = number == 1 ? path : name(number - 1)
            guard rename(before, name(number)) == 0 || errno == ENOENT else {
                throw CaptureFileError(path: path, errno: errno)
            }
        }
        guard limits.maxFiles > 1 || unlink(path) == 0 || errno == ENOENT else {
            throw CaptureFileError(path: path, errno: errno)
        }
    }

    private func name(_ number: Int) -> String {
        let folder = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
        guard let dot = path[folder...].lastIndex(of: "."), dot > folder else { return "\(path).\(number)" }
        return "\(path[..<dot]).\(number)\(path[dot...])"
    }

    private static func isFileOrNothing(_ path: String) -> Bool {
        var status = stat()
        guard lstat(path, &status) == 0 else { return true }
        return status.st_mode & S_IFMT == S_IFREG
    }

    /// Another probe that writes it would go on in the file that is moved away.
    private static func checkFree(_ path: String) throws(CaptureFileError) {
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return }
        defer { Glibc.close(descriptor) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw CaptureFileError(path: path, errno: errno)
        }
    }
}
