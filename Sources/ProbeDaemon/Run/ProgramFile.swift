internal import Glibc

/// What a program's file says about whether a shim can be put before its library.
struct ProgramFile: Sendable, Hashable {
    /// Why no shim is loaded; nil when nothing in the file speaks against it.
    enum Obstacle: Sendable, Hashable {
        case setuid, isStatic, otherWidth, musl, sandboxed, changesUser, container

        /// Reason and remedy, in one line.
        var explanation: String { "\(reason); \(remedy)" }

        /// Why it is not seen.
        var reason: String {
            switch self {
            case .setuid: "it is setuid or setgid, so the system leaves out the shim"
            case .isStatic: "it is linked statically, so no shim can be put before its library"
            case .otherWidth: "it is a 32-bit program, and the shim has 64 bits"
            case .musl: "it is linked with musl, and the shim needs glibc"
            case .sandboxed: "it starts in a Flatpak or Snap, which brings its own PC/SC library"
            case .changesUser: "it starts its program with a clean environment, without the shim"
            case .container: "it starts its program in a container, which has an environment and files of its own"
            }
        }

        /// What to do about it.
        var remedy: String {
            switch self {
            case .setuid: "run the probe as the user that it becomes: sudo cardlink-probe run -- PROGRAM"
            case .isStatic: "use a build that is linked with libpcsclite.so.1"
            case .otherWidth: "use its 64-bit build"
            case .musl: "use a build for glibc"
            case .sandboxed: "use it from a system package"
            case .changesUser: "put the probe behind it: sudo cardlink-probe run -- PROGRAM"
            case .container: "mount shim and socket into it, as the README's table of programs has it"
            }
        }
    }

    /// The program's file; nil when there is none.
    let path: String?

    /// What stands in the way of a shim.
    let obstacle: Obstacle?

    /// Whether the shim's variables do no harm to it: another C library would fail on the shim, or complain.
    var toleratesShim: Bool { obstacle != .musl && obstacle != .otherWidth }

    /// Looks at the program that a name means, along PATH; scripts and what cannot be read have no obstacle.
    init(named name: String, path: String) {
        let found = Self.find(name, path)
        self.path = found
        guard let file = found else {
            obstacle = nil
            return
        }
        var status = stat()
        if let launcher = Self.launchers[file.split(separator: "/").last.map(String.init) ?? ""] {
            obstacle = launcher
            return
        }
        let isPrivileged = stat(file, &status) == 0 && status.st_mode & (S_ISUID | S_ISGID) != 0
        // One that becomes who runs it already is loaded as any other.
        if isPrivileged, status.st_mode & S_ISUID == 0 || status.st_uid != geteuid() {
            obstacle = .setuid
        } else if Self.isSandboxed(file) {
            obstacle = .sandboxed
        } else {
            obstacle = Self.head(of: file).flatMap(Self.obstacle(inELF:))
        }
    }

    /// Programs that start others in a place that the shim's variables do not reach.
    private static let launchers: [String: Obstacle] = [
        "sudo": .changesUser, "su": .changesUser, "doas": .changesUser, "pkexec": .changesUser, "run0": .changesUser,
        "runuser": .changesUser, "docker": .container, "podman": .container, "systemd-run": .changesUser,
        "flatpak": .sandboxed, "snap": .sandboxed,
    ]

    /// Flatpak and Snap export small programs that start what lies in the sandbox.
    private static func isSandboxed(_ file: String) -> Bool {
        file.contains("/flatpak/exports/bin/") || file.hasPrefix("/snap/bin/")
            || file.hasPrefix("/var/lib/snapd/snap/bin/")
    }

    private static func find(_ name: String, _ path: String) -> String? {
        guard !name.contains("/") else { return name }
        return path.split(separator: ":").map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
    }

    private static func head(of file: String) -> [UInt8]? {
        let descriptor = open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 4_096)
        let count = read(descriptor, &bytes, bytes.count)
        return count > 0 ? Array(bytes.prefix(count)) : nil
    }

    // elf(5); both supported machines are little endian.
    private static func obstacle(inELF bytes: [UInt8]) -> Obstacle? {
        guard bytes.count >= 64, bytes.starts(with: [0x7F, 0x45, 0x4C, 0x46]) else { return nil }
        guard bytes[4] == 2 else { return .otherWidth }
        func number(_ at: Int, _ count: Int) -> Int {
            guard at >= 0, at + count <= bytes.count else { return 0 }
            return bytes[at..<(at + count)].reversed().reduce(0) { $0 << 8 | Int($1) } & Int(UInt32.max)
        }
        let programType = number(16, 2)
        let table = number(32, 8)
        let size = number(54, 2)
        let count = min(number(56, 2), 64)
        let interpreter = (0..<count).map { table + $0 * size }.first { number($0, 4) == 3 }
        guard let interpreter else { return programType == 2 || programType == 3 ? .isStatic : nil }
        let start = number(interpreter + 8, 8)
        let name = bytes.dropFirst(start).prefix { $0 != 0 }
        return String(decoding: name, as: UTF8.self).contains("musl") ? .musl : nil
    }
}
