import Foundation
import Glibc
import Testing

/// `cardlink-probe` as it was built, run by a test.
final class BenchProcess {
    /// The products are beside the program that the tests run in.
    static let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        .appending(path: "cardlink-probe")

    /// A folder for one test's files.
    let folder: URL
    let process = Process()

    /// Starts it; what it writes goes to files in the folder.
    init(
        program: URL = BenchProcess.program, _ arguments: [String], folder: URL, environment: [String: String] = [:]
    ) throws {
        self.folder = folder
        let (output, errors) = (folder.appending(path: "stdout").path, folder.appending(path: "stderr").path)
        for path in [output, errors] { try Data().write(to: URL(filePath: path)) }
        process.executableURL = program
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle(forWritingAtPath: output)
        process.standardError = FileHandle(forWritingAtPath: errors)
        // the threads of the tests block signals, and a child inherits that
        var none = sigset_t()
        var before = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        try process.run()
    }

    var output: String { read("stdout") }
    var errors: String { read("stderr") }

    /// The exit code, or the signal's number and 128.
    func end() -> Int32 {
        process.waitUntilExit()
        return process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
    }

    func read(_ name: String) -> String {
        (try? String(contentsOf: folder.appending(path: name), encoding: .utf8)) ?? ""
    }

    /// Runs a command on a bench of its own, with logs in the folder; the temporary folder is the bench's, too.
    static func bench(_ options: [String] = [], _ command: [String], folder: URL) throws -> BenchProcess {
        let logs = [
            "--log", folder.appending(path: "oracle").path, "--pcscd-log", folder.appending(path: "pcscd").path,
        ]
        return try BenchProcess(
            ["simulate", "bench"] + logs + options + ["--"] + command, folder: folder,
            environment: ["TMPDIR": folder.path])
    }

    /// Command and answer of each line that the card wrote.
    var oracle: [String] {
        read("oracle").split(separator: "\n").map { $0.split(separator: " ").dropFirst(3).joined(separator: " ") }
    }

    /// The same as pcscd told them; only one client at a time keeps command and answer together there.
    var pcscd: [String] {
        zip(pcscdLines("APDU:"), pcscdLines("SW:")).map { "\($0) -> \($1)" }
    }

    /// The bytes of the lines of pcscd's log that begin with this word behind the time.
    func pcscdLines(_ word: String) -> [String] {
        read("pcscd").split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            return words.count > 2 && words[1] == word ? words.dropFirst(2).joined() : nil
        }
    }

    /// Whether nothing of the bench is left in its temporary folder.
    var isGone: Bool {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return !names.contains { $0.hasPrefix("cardlink-bench-") }
    }

    /// Processes whose command line names the test's folder: the keeper and pcscd do.
    var left: [String] {
        let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return processes.filter { Int32($0) != nil }.compactMap { name in
            let line = (try? String(contentsOfFile: "/proc/\(name)/cmdline", encoding: .utf8)) ?? ""
            return line.contains(folder.path) ? line.replacing("\0", with: " ") : nil
        }
    }

    /// Says a line to the control socket in the folder and returns the answer.
    func ask(_ line: String) -> String {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let path = folder.appending(path: "control").path
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        let text = Array((line + "\n").utf8)
        guard connected == 0, write(descriptor, text, text.count) == text.count else { return "not connected" }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = Glibc.read(descriptor, &buffer, buffer.count)
        return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self).trimmingCharacters(in: .newlines)
    }
}

/// Gives a test a folder with a short path, and takes it away.
func withFolder(_ body: (URL) throws -> Void) throws {
    let folder = URL(filePath: "/tmp").appending(path: "bench-test-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer {
        // a bench that is ending removes its own part at the same time
        _ = eventually {
            try? FileManager.default.removeItem(at: folder)
            return !FileManager.default.fileExists(atPath: folder.path)
        }
    }
    try body(folder)
}

/// Waits until something is so; whether it became so within ten seconds.
func eventually(_ isSo: () -> Bool) -> Bool {
    let deadline = Date(timeIntervalSinceNow: 10)
    while !isSo() {
        guard Date() < deadline else { return false }
        usleep(5_000)
    }
    return true
}
