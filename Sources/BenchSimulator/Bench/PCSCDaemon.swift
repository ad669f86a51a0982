internal import CProbe
internal import Glibc

/// The bench's pcscd: started, stopped and killed any number of times under one socket folder.
struct PCSCDaemon {
    private let programs: BenchPrograms
    private let folder: BenchFolder
    private let log: Int32
    private let arguments: [String]
    private var process: pid_t?

    /// - Parameter debugLog: gets pcscd's debug output with APDUs; without it only errors are kept, in the folder.
    init(programs: BenchPrograms, folder: BenchFolder, debugLog: String?) throws(SimulatorError) {
        self.programs = programs
        self.folder = folder
        log = try openToAppend(debugLog ?? folder.pcscdLog, doing: "opening pcscd's log")
        arguments = debugLog == nil ? [] : ["--debug", "--apdu"]
    }

    /// Starts it, unless it runs; it does not listen yet when this returns.
    mutating func start() throws(SimulatorError) {
        guard !isRunning else { return }
        folder.clearSocket()
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        guard null >= 0 else { throw .system(doing: "opening /dev/null", errno: errno) }
        defer { close(null) }
        let words = [programs.pcscd, "--foreground", "--config", folder.configuration] + arguments + withoutPolkit
        let environment = ["PCSCLITE_HP_DROPDIR=\(folder.noDrivers)", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"]
        let child = withStrings(words) { words in
            withStrings(environment) { detach_child(words, $0, [null, log, log], 3) }
        }
        guard child > 0 else { throw .system(doing: "starting \(programs.pcscd)", errno: errno) }
        process = child
    }

    /// Whether it runs; one that has ended is taken note of.
    var isRunning: Bool {
        mutating get {
            guard let process else { return false }
            guard waitpid(process, nil, WNOHANG) == 0 else {
                self.process = nil
                return false
            }
            return true
        }
    }

    /// Sends a signal to it, if it runs.
    mutating func signal(_ number: Int32) {
        guard isRunning, let process else { return }
        kill(process, number)
    }

    /// Whether a client would be heard now.
    var isListening: Bool {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: folder.socket.utf8.prefix($0.count - 1)) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
    }

    /// From 2.0.1 on pcscd asks polkit, which the bench has none of; older ones do not know the option.
    private var withoutPolkit: [String] {
        let option = "--disable-polkit"
        let contents = (try? readFile(programs.pcscd, limitBytes: 1 << 24)) ?? []
        return contents.firstRange(of: option.utf8.dropFirst(2)) == nil ? [] : [option]
    }
}
