internal import Glibc

/// The system's words for an error number.
func errorText(_ code: Int32) -> String {
    // since glibc 2.32 the text of a known number is constant, so threads do not meet
    strerror(code).map { String(cString: $0) } ?? "error \(code)"
}

/// Nanoseconds of CLOCK_MONOTONIC.
func monotonicNanoseconds() -> UInt64 {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return UInt64(clamping: now.tv_sec) &* 1_000_000_000 &+ UInt64(clamping: now.tv_nsec)
}

/// One line on stderr, in one write.
func tell(_ line: String) {
    writeAll(STDERR_FILENO, Array("cardlink-probe: \(line)\n".utf8))
}

/// Writes all bytes; false at the first error that is no interruption.
@discardableResult
func writeAll(_ descriptor: Int32, _ bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        if count > 0 {
            rest = rest.dropFirst(count)
        } else if errno != EINTR {
            return false
        }
    }
    return true
}

/// The whole of a file that is not larger than the limit; throws what the system said, or EFBIG.
func readFile(_ path: String, limitBytes: Int) throws(SimulatorError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .system(doing: "reading \(path)", errno: errno) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
        let count = read(descriptor, &buffer, buffer.count)
        if count == 0 { return bytes }
        if count < 0 {
            if errno == EINTR { continue }
            throw .system(doing: "reading \(path)", errno: errno)
        }
        bytes += buffer[..<count]
        guard bytes.count <= limitBytes else { throw .system(doing: "reading \(path)", errno: EFBIG) }
    }
}
