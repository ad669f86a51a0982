import Foundation
import TestSupport

/// The article `Benchmarks`: each benchmark has a section, and in it a table of what it printed last. Only tables and the
/// line on the machine are written here; words are written by hand.
struct BenchmarkPage {
    static let path = "\(Files.package)/Sources/ProbeDaemon/ProbeDaemon.docc/Benchmarks.md"
    private static let machineMark = "Machine: "

    private var lines: [String]

    init() throws {
        lines = try String(contentsOfFile: Self.path, encoding: .utf8).components(separatedBy: "\n")
    }

    /// Puts the rows into the section of their benchmark, in the place of those that are there.
    mutating func write(_ rows: [Row], of name: String) throws {
        guard let heading = lines.firstIndex(of: "### \(name)"),
            let start = lines[heading...].firstIndex(where: { $0.hasPrefix("|") }),
            let machine = lines.firstIndex(where: { $0.hasPrefix(Self.machineMark) })
        else { throw TestFailure("\(Self.path) has no table under '### \(name)', or no line '\(Self.machineMark)'") }
        let end = lines[start...].firstIndex { !$0.hasPrefix("|") } ?? lines.endIndex
        lines.replaceSubrange(start..<end, with: Row.markdown(rows))
        lines[machine] = Self.machineMark + (try Self.machine())
        try lines.joined(separator: "\n").write(toFile: Self.path, atomically: true, encoding: .utf8)
    }

    /// What it is measured on, in a line.
    private static func machine() throws -> String {
        func value(_ file: String, _ key: String, _ mark: Character) throws -> String {
            let line = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
                .first { $0.hasPrefix(key) }
            return line?.split(separator: mark, maxSplits: 1).last?.trimmingCharacters(in: .init(charactersIn: " \t\""))
                ?? "unknown"
        }
        let kernel = try String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8)
        let swift = try Command.run(["swift", "--version"]).output.firstMatch(of: /Swift version ([0-9.]+)/)
        return [
            try value("/proc/cpuinfo", "model name", ":"), "\(ProcessInfo.processInfo.activeProcessorCount) processors",
            try value("/etc/os-release", "PRETTY_NAME", "="), "Linux \(kernel.trimmingCharacters(in: .newlines))",
            "Swift \(swift?.1 ?? "unknown")",
        ].joined(separator: ", ") + "."
    }
}

extension Row {
    /// Rows as lines of a table, whatever ours is measured beside in one line.
    static func markdown(_ rows: [Row]) -> [String] {
        let cases = rows.reduce(into: [[Row]]()) { cases, row in
            if cases.last?[0].case == row.case { cases[cases.count - 1].append(row) } else { cases.append([row]) }
        }
        return ["| What | Unit | The probe | Beside it: figure, and how many times ours |", "|---|---|---|---|"]
            + cases.map { rows in
                let others = rows.map { row in
                    "\(row.peer) \(text(row.peerValue)), \(text(row.ratio))"
                        + (row.bar.map { " (bar \(text($0))\(row.hasMissed ? ", missed" : ""))" } ?? "")
                }
                return
                    "| \(rows[0].case) | \(rows[0].unit) | \(text(rows[0].ours)) | \(others.joined(separator: "; ")) |"
            }
    }
}
