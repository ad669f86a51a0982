internal import Glibc
internal import ProbeEvents

/// Where the shim and its audit object lie, under the names by which programs look for them.
///
/// Grandchildren and agents go on using them when the probe has ended, so the place is a lasting one.
package struct ShimLibrary: Sendable, Hashable {
    /// The directory that holds `libpcsclite.so.1`.
    package let directory: String

    static let libraryName = "libpcsclite.so.1"
    static let auditName = "libpcsclite-audit.so"

    /// The shim, full path.
    var library: String { directory + "/" + Self.libraryName }
    /// The audit object, full path.
    var auditObject: String { directory + "/" + Self.auditName }

    /// The one that was installed with this program, or built with it.
    package static func find() throws(ShimLibraryError) -> ShimLibrary {
        let program = programDirectory
        let installed = ShimLibrary(directory: parent(of: program) + "/lib/cardlink-probe")
        if installed.isComplete { return installed }
        let built = ShimLibrary(directory: program + "/lib/cardlink-probe")
        if !built.isComplete { built.link(productsIn: program) }
        guard built.isComplete else { throw .missing(looked: [installed.directory, built.directory]) }
        return built
    }

    private var isComplete: Bool { access(library, R_OK) == 0 && access(auditObject, R_OK) == 0 }

    /// A build tree has the products under the names that the package gives them.
    private func link(productsIn program: String) {
        mkdir(Self.parent(of: directory), 0o755)
        mkdir(directory, 0o755)
        symlink("../../libpcsclite-probe.so", library)
        symlink("../../" + Self.auditName, auditObject)
    }

    private static var programDirectory: String {
        guard let path = realpath("/proc/self/exe", nil) else { return "/usr/bin" }
        defer { free(path) }
        return parent(of: String(cString: path))
    }

    private static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
        return String(path[..<slash])
    }
}

/// Why programs cannot be tapped.
package enum ShimLibraryError: ExplainedError, Hashable {
    /// The files are not there.
    case missing(looked: [String])

    /// One line: what, where, what to do next.
    package var explanation: String {
        switch self {
        case .missing(let looked):
            "\(ShimLibrary.libraryName) of the probe is not in \(looked.joined(separator: " nor ")); "
                + "install the probe again, or build it: swift build"
        }
    }
}
