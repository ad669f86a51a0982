internal import Glibc

/// The shim of `cardlink-probe run` below this process's PC/SC library.
enum WrappingShim {
    /// Whether it is there and writes down what is called, which its ring shows: the file itself may have any path, as
    /// in a container.
    static let isHeard = ProcessPaths.hasMapped { $0.hasPrefix(StrangerWatch.ringName) }
}

/// What the kernel says of this process's files.
enum ProcessPaths {
    /// The name of its executable, without directory.
    static var programName: String {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Int(PATH_MAX)) { room in
            let count = room.withMemoryRebound(to: CChar.self) { room in
                room.baseAddress.map { readlink("/proc/self/exe", $0, room.count) } ?? 0
            }
            let path = String(decoding: room.prefix(max(count, 0)), as: UTF8.self)
            return String(path.split(separator: "/").last ?? "")
        }
    }

    /// Whether a file of this kind is mapped.
    static func hasMapped(_ isMeant: (String) -> Bool) -> Bool {
        guard let maps = fopen("/proc/self/maps", "re") else { return false }
        defer { fclose(maps) }
        var line: UnsafeMutablePointer<CChar>?
        var room = 0
        defer { free(line) }
        while case let count = getline(&line, &room, maps), count > 0, let line {
            let text = String(cString: line)
            guard let path = text.firstIndex(of: "/") else { continue }
            if isMeant(String(text[path...].dropLast(text.last == "\n" ? 1 : 0))) { return true }
        }
        return false
    }
}
