internal import CZlib
internal import Glibc

/// Reads a file piece by piece, decompressed where it is gzip.
///
/// Not for use from two threads at once.
package final class InflatedFile {
    private let file: gzFile

    /// Opens a file; `-` is standard input. Nil when it cannot be opened, with the reason in errno.
    package init?(_ path: String) {
        let descriptor = path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        guard let file = gzdopen(descriptor, "rb") else {
            close(descriptor)
            errno = ENOMEM
            return nil
        }
        self.file = file
    }

    deinit { gzclose(file) }

    /// Reads into the room; how many bytes, 0 at the end, nil when the file cannot be read or is broken.
    package func read(into room: inout [UInt8]) -> Int? {
        let count = gzread(file, &room, UInt32(clamping: room.count))
        return count < 0 ? nil : Int(count)
    }

    /// Whether the file was cut off in the midst of what is compressed, its bytes are wrong, or it could not be read on.
    package var isBroken: Bool {
        var code: Int32 = 0
        _ = gzerror(file, &code)
        return code == Z_BUF_ERROR || code == Z_DATA_ERROR || code == Z_ERRNO
    }
}
