internal import CProbe
internal import Glibc
internal import ProbeEvents

/// A process that is connected to pcscd.
package struct PCSCPeer: Sendable, Hashable {
    /// Its process id; nil when it is another user's and this process may not look.
    package var pid: Int32?
    /// The name of its executable, without directory; empty when unknown.
    package var program: String

    /// A process from its parts.
    package init(pid: Int32?, program: String) {
        self.pid = pid
        self.program = program
    }
}

/// Finds out which processes are connected to pcscd: by its sockets' other ends, and who has these open.
///
/// The kernel's socket diagnosis tells the pairs of this network namespace; what pcscd itself has open tells those of a
/// pcscd in another one (a virtual bench). Other users' processes can be counted, and named by root only.
struct PCSCPeerSurvey {
    /// The paths under which programs and pcscd know its socket.
    private let path: String
    private let socket: FileIdentity?
    private let daemons: [pid_t]

    /// A look at the machine as it is now. As long as the socket and who is behind it stay as they were at the last one,
    /// pcscd is not looked for among all processes.
    init(after last: Self? = nil) {
        path = PCSCDSocket.current.path
        socket = FileIdentity(path)
        let known = last?.socket == socket ? last?.daemons ?? [] : []
        daemons = !known.isEmpty && known.allSatisfy(Self.isDaemon) ? known : Self.daemons(behind: socket)
    }

    /// How many threads the daemons have: one for each connection, so that a change tells that somebody came or went.
    var threadCount: Int { daemons.reduce(0) { $0 + Self.threadCount(of: $1) } }

    /// The sockets of programs that are connected, by inode.
    func clientSockets() -> Set<UInt32> {
        var servers: Set<UInt32> = []
        for daemon in daemons { servers.formUnion(ProcessFiles.sockets(of: daemon) ?? []) }
        var clients: Set<UInt32> = []
        for pair in Self.pairs(path: path) {
            if pair.is_at_path { clients.insert(pair.peer) }
            // A named end is that of another server, which pcscd itself has connected to.
            if servers.contains(pair.peer), !pair.is_named { clients.insert(pair.own) }
        }
        return clients.subtracting(servers)
    }

    /// The processes that hold one of these sockets; a socket that nobody is seen to hold is one without a name.
    static func holders(of sockets: Set<UInt32>) -> [PCSCPeer] {
        var left = sockets
        var peers: [PCSCPeer] = []
        for pid in ProcessFiles.processes() where !left.isEmpty {
            guard let held = ProcessFiles.sockets(of: pid)?.intersection(sockets), !held.isEmpty else { continue }
            left.subtract(held)
            peers.append(PCSCPeer(pid: pid, program: ProcessFiles.program(of: pid)))
        }
        guard !left.isEmpty else { return peers }
        // A program may have ended since its socket was seen: what is there no more is nobody's.
        left.formIntersection(PCSCPeerSurvey().clientSockets())
        return peers + left.map { _ in PCSCPeer(pid: nil, program: "") }
    }

    private static func pairs(path: String) -> [socket_pair] {
        var room = 1_024
        while true {
            var pairs = [socket_pair](repeating: socket_pair(), count: room)
            let count = Int(socket_pairs(path, &pairs, Int32(room)))
            guard count > room, room < 1 << 17 else { return Array(pairs.prefix(max(0, min(count, room)))) }
            room = count + 256
        }
    }

    /// The processes named pcscd whose socket is the one that this process would connect to.
    private static func daemons(behind socket: FileIdentity?) -> [pid_t] {
        guard let socket else { return [] }
        return ProcessFiles.processes().filter { pid in
            guard isDaemon(pid) else { return false }
            // As pcscd sees it, in its own mount namespace; who may not look there takes it for ours.
            let seen = FileIdentity("/proc/\(pid)/root/run/pcscd/pcscd.comm")
            return seen == nil || seen == socket
        }
    }

    private static func isDaemon(_ pid: pid_t) -> Bool { ProcessFiles.program(of: pid) == "pcscd" }

    private static func threadCount(of pid: pid_t) -> Int {
        var status = stat()
        return stat("/proc/\(pid)/task", &status) == 0 ? Int(status.st_nlink) - 2 : 0
    }
}

/// The processes that are connected to the pcscd that this process would ask, and not to another one of this machine.
package struct PCSCConnections: Sendable {
    private let sockets = PCSCPeerSurvey().clientSockets()

    /// A look at the machine as it is now.
    package init() {}

    /// Whether a process has such a connection; of one whose files may not be looked at it is believed.
    package func include(_ pid: Int32) -> Bool {
        guard let own = ProcessFiles.sockets(of: pid) else { return true }
        return !own.isDisjoint(with: sockets)
    }
}

/// What a file is, whatever its names.
private struct FileIdentity: Equatable {
    var device: dev_t
    var inode: ino_t

    init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        (device, inode) = (status.st_dev, status.st_ino)
    }
}

/// What `/proc` tells of processes.
package enum ProcessFiles {
    /// All processes, ascending.
    package static func processes() -> [Int32] { (directoryNames("/proc") ?? []).compactMap { pid_t($0) }.sorted() }

    /// The sockets that a process has open, by inode; nil when it is gone or may not be looked at.
    static func sockets(of pid: pid_t) -> Set<UInt32>? {
        let prefix = "socket:["
        return descriptors(of: pid, prefix: prefix).map { open in
            Set(open.compactMap { UInt32($0.target.dropFirst(prefix.count).dropLast()) })
        }
    }

    /// What a process has open whose name begins so, with the path under which it can be opened again; nil when the
    /// process is gone or may not be looked at.
    package static func descriptors(of pid: Int32, prefix: String) -> [(path: String, target: String)]? {
        let folder = "/proc/\(pid)/fd"
        return directoryNames(folder)?.compactMap { name in
            guard let target = target(of: "\(folder)/\(name)"), target.hasPrefix(prefix) else { return nil }
            return ("\(folder)/\(name)", target)
        }
    }

    /// The short name of a process, as the kernel has it: at most 15 bytes; empty when it is gone.
    static func program(of pid: pid_t) -> String {
        let name = contents(of: "/proc/\(pid)/comm").prefix { $0 != "\n" }
        return String(name.map { $0.isASCII && !$0.isNewline ? $0 : "?" })
    }

    /// How often the threads of a process have had the processor: unchanged while it does nothing. Nil when it is gone
    /// or has too many threads to look at.
    static func turns(of pid: pid_t) -> UInt64? {
        let threads = (directoryNames("/proc/\(pid)/task") ?? []).filter { pid_t($0) != nil }
        guard !threads.isEmpty, threads.count <= 64 else { return nil }
        return threads.reduce(0) { sum, thread in
            // Time on the processor, time in the queue, and the number of turns (Documentation/scheduler/sched-stats).
            let words = contents(of: "/proc/\(pid)/task/\(thread)/schedstat").split { $0 == " " || $0 == "\n" }
            return sum &+ (words.count == 3 ? UInt64(words[2]) ?? 0 : 0)
        }
    }

    /// Whether it runs the same program file as this process.
    static func isOwnProgram(_ pid: pid_t) -> Bool {
        guard let own = target(of: "/proc/self/exe") else { return false }
        return target(of: "/proc/\(pid)/exe") == own
    }

    private static func target(of link: String) -> String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4_096) { buffer in
            guard let base = buffer.baseAddress else { return nil }
            let count = readlink(link, base, buffer.count)
            guard count > 0 else { return nil }
            return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }

    /// The beginning of a small file; empty when it cannot be read.
    private static func contents(of path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 256) { buffer in
            let count = read(descriptor, buffer.baseAddress, buffer.count)
            return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
        }
    }
}
