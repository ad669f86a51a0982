internal import Glibc

/// The system's words for an error number.
func errorText(_ code: Int32) -> String {
    // since glibc 2.32 the text of a known number is constant, so threads do not meet
    strerror(code).map { String(cString: $0) } ?? "error \(code)"
}

/// One line on stderr, in one write.
package func tell(_ line: String) {
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

/// Writes a new file.
func writeFile(_ path: String, _ bytes: [UInt8]) throws(SimulatorError) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .system(doing: "writing \(path)", errno: errno) }
    defer { close(descriptor) }
    guard writeAll(descriptor, bytes) else { throw .system(doing: "writing \(path)", errno: errno) }
}

/// Opens a file that several processes may append to.
func openToAppend(_ path: String, doing: String) throws(SimulatorError) -> Int32 {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .system(doing: "\(doing) \(path)", errno: errno) }
    return descriptor
}

/// The strings as C has them, behind the last one nil, for the time of the call.
func withStrings<Result>(
    _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    withWords(strings.map { Array($0.utf8) }, body)
}

/// The same for words that may be no text.
func withWords<Result>(
    _ words: [[UInt8]], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    var pointers: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0.map(CChar.init(bitPattern:)) + [0]) }
    pointers.append(nil)
    defer { for pointer in pointers { free(pointer) } }
    return body(pointers)
}

/// The path as seen from the root; one that is absolute already stays as it is.
package func absolutePath(_ path: String) -> String {
    guard !path.hasPrefix("/"), let folder = getcwd(nil, 0) else { return path }
    defer { free(folder) }
    return "\(String(cString: folder))/\(path)"
}
