import Foundation

/// What a process takes at one moment, as proc(5) tells it.
package struct ProcessReading {
    /// User and system time.
    package let processorSeconds: Double
    package let residentKilobytes: Int
    /// Without what is mapped from files: how much of a build's code is touched is another matter.
    package let ownKilobytes: Int
    package let descriptors: Int
    package let threads: Int
    /// When it was read.
    package let seconds: Double = ProcessInfo.processInfo.systemUptime

    package init(_ pid: Int32) throws {
        let stat = try String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
        // Behind the name, which may hold blanks; user and system time are fields 14 and 15.
        let fields = stat.split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 13 else { throw TestFailure("/proc/\(pid)/stat: \(stat)") }
        let ticks = fields[11...12].compactMap { Double($0) }.reduce(0, +)
        processorSeconds = ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
        let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        func field(_ name: String) -> Int {
            let line = status.split(separator: "\n").first { $0.hasPrefix(name + ":") } ?? ""
            return Int(line.drop { !$0.isNumber }.prefix { $0.isNumber }) ?? -1
        }
        residentKilobytes = field("VmRSS")
        ownKilobytes = field("RssAnon")
        threads = field("Threads")
        descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").count
    }
}
