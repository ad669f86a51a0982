@preconcurrency internal import Glibc
internal import Observability
internal import ProbeEvents

/// Standard output.
enum Output {
    /// The terminal's width; nil when it is none.
    static var columns: Int? {
        var window = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0 else { return nil }
        return Int(window.ws_col)
    }

    /// Writes what was printed and waits.
    static func flush() {
        let isFlushed = fflush(stdout) == 0
        let reason = isFlushed ? "not all of it was taken" : String(cString: strerror(errno))
        guard !isFlushed || ferror(stdout) != 0 else { return }
        say("cannot write: \(reason); write to another place")
        exit(69)
    }

    /// Writes text.
    static func write(_ text: String) { write(Array(text.utf8)) }

    /// Writes bytes; a reader that has gone ends the program, as the signal does.
    static func write(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            guard count >= 0 || errno == EINTR else {
                if errno == EPIPE {
                    signal(SIGPIPE, SIG_DFL)
                    raise(SIGPIPE)
                }
                say("cannot write: \(String(cString: strerror(errno))); write to another place")
                exit(69)
            }
            rest = rest.dropFirst(max(0, count))
        }
    }
}
