internal import Glibc

/// The names in a directory, in no order, without `.` and `..`; nil when it cannot be read.
package func directoryNames(_ path: String) -> [String]? {
    guard let directory = opendir(path) else { return nil }
    defer { closedir(directory) }
    var names: [String] = []
    while true {
        errno = 0
        guard let entry = readdir(directory) else { return errno == 0 ? names : nil }
        // Where it stands: an entry is as long as its name, and a copy of a whole `dirent` has read behind the last one.
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != ".", name != ".." { names.append(name) }
    }
}
