internal import Glibc
internal import Observability

/// Standard error as a person sees it.
package enum Terminal {
    /// When text is coloured.
    package enum Colour: String, Sendable, CaseIterable {
        case always, auto, never
    }

    /// Whether standard error is a terminal.
    package static var isInteractive: Bool { isatty(STDERR_FILENO) == 1 }

    /// Whether to colour: on a terminal that can, unless `NO_COLOR` says otherwise.
    package static func isColoured(_ choice: Colour) -> Bool {
        switch choice {
        case .always: true
        case .never: false
        case .auto: TerminalColour.isWanted
        }
    }

    /// Columns and lines; nil when standard error is no terminal.
    package static var size: (columns: Int, lines: Int)? {
        var window = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0 else { return nil }
        return (Int(window.ws_col), Int(window.ws_row))
    }

    /// Writes one line of the probe's own to standard error, in one piece.
    package static func say(_ line: String) {
        write("cardlink-probe: \(line)\n")
    }

    /// What an attempt gives; says why when it fails, for who goes on without.
    @discardableResult
    static func attempt<Value, Failure: Error>(_ work: () throws(Failure) -> Value) -> Value? {
        do throws(Failure) {
            return try work()
        } catch {
            say("\(error)")
            return nil
        }
    }

    /// Writes text to standard error.
    package static func write(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
            guard count > 0 || errno == EINTR else { return }
            rest = rest.dropFirst(max(0, count))
        }
    }
}
