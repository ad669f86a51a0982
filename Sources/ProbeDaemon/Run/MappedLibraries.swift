internal import Glibc
internal import Modem
internal import Synchronization

/// Looks which PC/SC libraries a program and its descendants have mapped, for the remark that no call was seen.
final class MappedLibraries: Sendable {
    private let pid: pid_t
    private let seen = Mutex<[String]>([])

    init(pid: pid_t) { self.pid = pid }

    /// The libraries seen so far whose name tells PC/SC, full paths.
    var paths: [String] { seen.withLock { $0 } }

    /// Looks soon and then ever more seldom until it is cancelled; a program that maps one late keeps it as a rule.
    func watch() async {
        var pause = Duration.milliseconds(10)
        while !Task.isCancelled {
            look()
            try? await Task.sleep(for: pause)
            pause = min(pause * 2, .seconds(5))
        }
    }

    private func look() {
        for pid in [pid] + Self.descendants(of: pid) {
            guard let maps = Self.machine.text("/proc/\(pid)/maps", most: 1 << 22) else { continue }
            for line in maps.split(separator: "\n") where line.contains("pcsc") {
                guard let slash = line.firstIndex(of: "/") else { continue }
                let path = String(line[slash...])
                let name = path.split(separator: "/").last ?? ""
                guard name.contains("pcsc"), name.contains(".so"), !name.contains("-audit") else { continue }
                seen.withLock { if $0.count < 16, !$0.contains(path) { $0.append(path) } }
            }
        }
    }

    private static func descendants(of pid: pid_t) -> [pid_t] {
        var found: [pid_t] = []
        var waiting = [pid]
        while let next = waiting.popLast(), found.count < 256 {
            let ids = children(of: next)
            found += ids
            waiting += ids
        }
        return found
    }

    /// The kernel keeps a list for each thread: of those that it forked.
    private static func children(of pid: pid_t) -> [pid_t] {
        let folder = "/proc/\(pid)/task"
        return machine.names(in: folder).filter { pid_t($0) != nil }.flatMap { thread in
            machine.text("\(folder)/\(thread)/children")?.split(separator: " ").compactMap { pid_t($0) } ?? []
        }
    }

    private static let machine = Machine()
}
