internal import Glibc

/// A terminal that a program has for itself, until it gives it back as it was.
final class TerminalScreen {
    private var before: termios?

    /// Columns and lines; nil when standard output is no terminal.
    static var size: (columns: Int, lines: Int)? {
        var window = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0 else { return nil }
        return (Int(window.ws_col), Int(window.ws_row))
    }

    /// Takes it: the alternate screen, no cursor, keys as they come and unseen.
    func enter() {
        var settings = termios()
        if tcgetattr(STDIN_FILENO, &settings) == 0 {
            before = settings
            settings.c_lflag &= ~tcflag_t(ICANON | ECHO)
            tcsetattr(STDIN_FILENO, TCSANOW, &settings)
        }
        Self.write("\u{1B}[?1049h\u{1B}[?25l")
    }

    /// Gives it back.
    func leave() {
        Self.write("\u{1B}[0m\u{1B}[?25h\u{1B}[?1049l")
        guard var before else { return }
        // What was typed for this program is not for the shell.
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
        self.before = nil
    }

    /// Shows lines from the top, in one piece, so that nothing flickers.
    func draw(_ lines: [String]) {
        Self.write("\u{1B}[H" + lines.joined(separator: "\u{1B}[K\r\n") + "\u{1B}[K\u{1B}[J")
    }

    private static func write(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            guard count > 0 || errno == EINTR || errno == EAGAIN else { return }
            rest = rest.dropFirst(max(0, count))
        }
    }
}
