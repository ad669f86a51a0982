import CProbe
import Foundation
import Glibc
import ProbeEvents
import TestSupport

@testable import Modem

/// A `simulate modem` in a process of its own, with its log; it ends with its owner.
final class SimulatedModem {
    let folder: TemporaryFolder
    let link: String
    private let process: RunningCommand

    init(_ options: [String] = [], script: String? = nil) throws {
        folder = try TemporaryFolder()
        link = folder.file("modem")
        var words = [Files.probe, "simulate", "modem", "--link", link, "--log", folder.file("log")]
        words += ["--control", folder.file("control")] + options
        if let script { words += ["--script", try folder.write(script, to: "script.yaml")] }
        process = try RunningCommand(words)
        let running = process
        guard eventually(within: 20, { running.errorsSoFar.contains("the modem ") }) else {
            throw TestFailure("the modem did not come: \(running.errorsSoFar)")
        }
    }

    deinit { process.kill() }

    var errors: String { process.errorsSoFar }

    /// What the log has behind a word, in order: `command`, `result`, `unsolicited`, `<`, `>`.
    func logged(_ word: String) -> [String] {
        folder.read("log").split(separator: "\n").compactMap { line in
            let parts = line.split(separator: " ", maxSplits: 2)
            guard parts.count > 1, parts[1] == word else { return nil }
            return parts.count == 3 ? String(parts[2]) : ""
        }
    }

    /// Says a line on the control socket; what it answers.
    @discardableResult
    func order(_ line: String) throws -> String {
        let end = try Command.run(
            [Files.python, "-c", Self.client, folder.file("control"), line], within: 10)
        guard end.ending == .exited(0), end.output.hasPrefix("ok") else {
            throw TestFailure("\(line): \(end.output)\(end.errors)")
        }
        return String(end.output.dropFirst(3)).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private static let client = """
        import socket, sys
        s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])
        s.sendall((sys.argv[2] + "\\n").encode()); print(s.makefile().readline().strip())
        """

    func stop() throws -> Command {
        process.signal(SIGTERM)
        return try process.end(within: 10)
    }
}

/// A pseudo terminal of the test's own, with its master.
final class OwnTerminal {
    private(set) var master: Int32
    let name: String

    init() throws {
        var text = [CChar](repeating: 0, count: 64)
        master = serial_new_terminal(&text, Int32(text.count))
        guard master >= 0 else { throw TestFailure("no pseudo terminal: \(errno)") }
        name = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    deinit { hangUp() }

    func hangUp() {
        if master >= 0 { close(master) }
        master = -1
    }

    /// What came, until a text is in it.
    func read(until text: String, within seconds: Double = 5) -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        _ = eventually(within: seconds) {
            let count = Glibc.read(master, &buffer, buffer.count)
            if count > 0 { bytes += buffer[..<count] }
            return String(decoding: bytes, as: UTF8.self).contains(text)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    func write(_ text: String) {
        let bytes = Array(text.utf8)
        _ = bytes.withUnsafeBytes { Glibc.write(master, $0.baseAddress, $0.count) }
    }

    /// The kernel's settings of the terminal.
    var settings: termios {
        var settings = termios()
        tcgetattr(master, &settings)
        return settings
    }
}

extension RecordingSink {
    /// Changes of modems that were heard, by name.
    var changes: [String] {
        events.compactMap { event in
            guard case .modemChanged(let change) = event else { return nil }
            return change.change.name + (change.error.map { " \($0.name)" } ?? "")
        }
    }

    /// AT commands that were heard, with their results.
    var commands: [String] {
        events.compactMap { event in
            guard case .atCommand(let done) = event else { return nil }
            return "\(done.command.name) \(done.result.name)" + (done.errorCode.map { " \($0)" } ?? "")
        }
    }
}
