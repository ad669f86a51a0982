internal import Glibc

/// Reads files that a person writes.
package enum BoundedFile {
    /// A person's file is no larger.
    package static let mostBytes = 256 * 1024

    /// Why a file cannot be read.
    package enum Failure: Error, Hashable {
        /// The system says no.
        case system(CInt)
        /// It is no file, but a folder or a device.
        case notAFile
        /// It has more bytes than so many.
        case tooLarge(Int)
        /// It is no UTF-8.
        case notText
        /// It has secrets, and others than this user and root may read or own it.
        case readableByOthers

        /// Whether there is nothing of this name.
        var isMissing: Bool { self == .system(ENOENT) }

        /// What is wrong and what to do.
        package var reason: String {
            switch self {
            case .system(let code): "cannot be read: \(String(cString: strerror(code)))"
            case .notAFile: "is no file"
            case .tooLarge(let mostBytes): "has more than \(mostBytes) bytes, which no file of this kind has"
            case .notText: "is no text in UTF-8"
            case .readableByOthers: "can be read by others"
            }
        }
    }

    /// The text of a file that has no more bytes than that.
    ///
    /// - Parameter isSecret: whether nobody else may read it.
    package static func text(
        _ path: String, mostBytes: Int = mostBytes, isSecret: Bool = false
    ) throws(Failure) -> String {
        // A FIFO that nobody writes to would hold up the opening.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .system(errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .system(errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notAFile }
        let isOwn = status.st_mode & 0o077 == 0 && (status.st_uid == geteuid() || status.st_uid == 0)
        guard isOwn || !isSecret else { throw .readableByOthers }
        guard status.st_size <= mostBytes else { throw .tooLarge(mostBytes) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 64 * 1024)
        while bytes.count <= mostBytes {
            let count = read(descriptor, &piece, piece.count)
            guard count >= 0 else { throw .system(errno) }
            guard count > 0 else { break }
            bytes += piece.prefix(count)
        }
        guard bytes.count <= mostBytes else { throw .tooLarge(mostBytes) }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .notText }
        return text
    }
}
