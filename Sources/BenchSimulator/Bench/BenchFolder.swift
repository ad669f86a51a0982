internal import Glibc
internal import ProbeEvents

/// The bench's own folder: pcscd's socket folder, its configuration, and copies of the driver.
struct BenchFolder {
    let path: String

    /// pcscd's socket folder; it lies over `/run/pcscd` for the bench's pcscd.
    var run: String { "\(path)/run" }
    /// What clients find in `PCSCLITE_CSOCK_NAME`.
    var socket: String { "\(run)/pcscd.comm" }
    var configuration: String { "\(path)/reader.conf.d" }
    /// Without USB drivers pcscd leaves the machine's real readers to the machine's pcscd.
    var noDrivers: String { "\(path)/drivers" }
    /// What pcscd says when nobody asked for it.
    var pcscdLog: String { "\(path)/pcscd.log" }

    /// Slots of one vpcd: VPCDSLOTS of Debian's build.
    static let slotsOfDriver = 2

    /// Makes the folder for so many readers.
    static func make(readers: Int, driver: String) throws(SimulatorError) -> BenchFolder {
        var template = Array("\(parent)/cardlink-bench-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else {
            throw .system(doing: "making a folder in \(parent)", errno: errno)
        }
        let folder = BenchFolder(path: String(cString: made))
        do throws(SimulatorError) {
            for path in [folder.run, folder.configuration, folder.noDrivers] {
                guard mkdir(path, 0o755) == 0 else { throw .system(doing: "making \(path)", errno: errno) }
            }
            try folder.configure(readers: readers, driver: driver)
        } catch {
            folder.remove()
            throw error
        }
        return folder
    }

    /// A block for each two readers. Further ones need a driver file of their own: vpcd keeps its slots in one array.
    private func configure(readers: Int, driver: String) throws(SimulatorError) {
        var blocks = ""
        for number in 0...((readers - 1) / Self.slotsOfDriver) {
            var library = driver
            if number > 0 {
                library = "\(path)/vpcd-\(number).so"
                try writeFile(library, try readFile(driver, limitBytes: 1 << 24))
            }
            let port = VPCDClient.firstPort + number * Self.slotsOfDriver
            blocks += """
                FRIENDLYNAME "Virtual PCD\(number == 0 ? "" : " \(number + 1)")"
                DEVICENAME /dev/null:\(port)
                LIBPATH \(library)
                CHANNELID \(port)

                """
        }
        try writeFile("\(configuration)/vpcd", Array(blocks.utf8))
    }

    /// Removes it with all that is in it.
    func remove() {
        Self.remove(path)
    }

    /// What a pcscd that was killed leaves behind, and what would make the next one refuse to start.
    func clearSocket() {
        for name in ["pcscd.comm", "pcscd.pid"] { unlink("\(run)/\(name)") }
    }

    /// The last line that pcscd wrote where nobody asked for its log.
    var lastWords: String? {
        guard let bytes = try? readFile(pcscdLog, limitBytes: 1 << 20) else { return nil }
        return bytes.split(separator: UInt8(ascii: "\n")).last.map { String(decoding: $0, as: UTF8.self) }
    }

    /// TMPDIR unless a socket's path would not fit there (107 bytes) or the bench hides it.
    private static var parent: String {
        guard let name = getenv("TMPDIR"), let resolved = realpath(name, nil) else { return "/tmp" }
        defer { free(resolved) }
        let path = String(cString: resolved)
        return path.utf8.count > 60 || (path + "/").hasPrefix("/run/") ? "/tmp" : path
    }

    private static func remove(_ path: String) {
        for name in directoryNames(path) ?? [] where unlink("\(path)/\(name)") != 0 && errno == EISDIR {
            remove("\(path)/\(name)")
        }
        rmdir(path)
    }
}
