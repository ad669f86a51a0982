internal import DaemonClient
internal import Glibc
internal import Observability
internal import ProbeEvents

/// Where a password is from; never a word of the command, which `ps` shows.
enum PasswordText {
    /// Why there is none.
    enum Missing: ExplainedError {
        case file(String, BoundedFile.Failure)
        case emptyFile(String)
        case noTerminal(String)

        var explanation: String {
            switch self {
            case .file(let path, let failure): "--password-file \(path) \(failure.reason); give another"
            case .emptyFile(let path): "--password-file \(path) has no password on its first line; write it there"
            case .noTerminal(let user):
                "the password of \(user) is not known, and there is no terminal to ask on; give --password-file FILE "
                    + "or the variable CARDLINK_PASSWORD"
            }
        }
    }

    /// The first line of a file.
    static func inFile(_ path: String) throws(Missing) -> String {
        let text: String
        do throws(BoundedFile.Failure) {
            text = try BoundedFile.text(path)
        } catch {
            throw .file(path, error)
        }
        let line = String(text.prefix { !$0.isNewline })
        guard !line.isEmpty else { throw .emptyFile(path) }
        return line
    }

    /// What somebody types at the terminal, unseen.
    static func typed(for user: String) throws(Missing) -> String {
        let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC)
        guard terminal >= 0 else { throw .noTerminal(user) }
        defer { close(terminal) }
        var before = termios()
        guard tcgetattr(terminal, &before) == 0 else { throw .noTerminal(user) }
        var silent = before
        // Ctrl-C comes as a byte, at once, so that the terminal does not stay silent behind it.
        silent.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG)
        tcsetattr(terminal, TCSAFLUSH, &silent)
        write(terminal, "password of \(user): ")
        let line = readLine(terminal)
        tcsetattr(terminal, TCSAFLUSH, &before)
        write(terminal, "\n")
        guard let line else { ProcessEnd.by(signal: SIGINT) }
        return line
    }

    /// Up to the end of the line; nil behind Ctrl-C.
    private static func readLine(_ terminal: Int32) -> String? {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while bytes.count < 1_024, read(terminal, &byte, 1) == 1 {
            switch byte {
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"), Key.endOfText: return String(decoding: bytes, as: UTF8.self)
            case Key.interrupt: return nil
            case Key.delete, Key.backspace: _ = bytes.popLast()
            case Key.kill: bytes = []
            default: bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Keys that have no letter: Ctrl-C, Ctrl-D, Ctrl-H, Ctrl-U and the one that takes a letter back.
    private enum Key {
        static let interrupt: UInt8 = 0x03
        static let endOfText: UInt8 = 0x04
        static let backspace: UInt8 = 0x08
        static let kill: UInt8 = 0x15
        static let delete: UInt8 = 0x7F
    }

    private static func write(_ terminal: Int32, _ text: String) {
        let bytes = Array(text.utf8)
        _ = Glibc.write(terminal, bytes, bytes.count)
    }
}
