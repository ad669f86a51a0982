import Foundation
import TestSupport

/// `cardlink-probe` as it was built, run by a test with a folder for its files.
final class BenchProcess {
    let folder: TemporaryFolder
    private let running: RunningCommand

    init(program: [String] = [Files.probe], _ arguments: [String], folder: TemporaryFolder) throws {
        self.folder = folder
        // The temporary folder is the bench's, too.
        running = try RunningCommand(program + arguments, environment: ["TMPDIR": folder.path])
    }

    /// Runs a command on a bench of its own.
    static func bench(
        _ options: [String] = [], _ command: [String], folder: TemporaryFolder
    ) throws -> BenchProcess {
        try BenchProcess(
            ["simulate", "bench"] + Bench.logs(in: folder) + options + ["--"] + command, folder: folder)
    }

    var pid: pid_t { running.pid }
    var output: String { running.outputSoFar }
    var errors: String { running.errorsSoFar }
    var cardLog: CardLog { CardLog(folder.read("card.log")) }
    var pcscdLog: PCSCDLog { PCSCDLog(folder.read("pcscd.log")) }

    /// The exit code, or the signal's number and 128.
    func end() throws -> Int32 { try running.end().status }

    func signal(_ number: Int32) { running.signal(number) }

    /// Says a line to the control socket in the folder and returns the answer.
    func ask(_ line: String) -> String { askControl(folder.file("control"), line) }

    /// Whether nothing of the bench is left in its temporary folder.
    var isGone: Bool {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return !names.contains { $0.hasPrefix("cardlink-bench-") }
    }

    /// Processes whose command line names the test's folder: the keeper and pcscd do.
    var left: [String] {
        processes { $0.contains(folder.path) }.map(\.line)
    }
}

/// The processes whose command line is such a one.
func processes(_ isOne: (String) -> Bool) -> [(pid: pid_t, line: String)] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.compactMap { name in
        let line = (try? String(contentsOfFile: "/proc/\(name)/cmdline", encoding: .utf8)) ?? ""
        return pid_t(name).map { ($0, line.replacing("\0", with: " ")) }
    }.filter { isOne($0.1) }
}
