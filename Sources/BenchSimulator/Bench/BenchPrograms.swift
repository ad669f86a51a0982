internal import Glibc

/// The programs of others that a bench needs, by their paths.
struct BenchPrograms: Equatable {
    var pcscd: String
    /// vpcd's driver, which pcscd loads.
    var driver: String
    var unshare: String

    /// Looks for them in PATH and where administrators' programs are, which PATH often leaves out.
    static func find() throws(SimulatorError) -> BenchPrograms {
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        let folders =
            path.split(separator: ":").map(String.init) + ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin"]
        return try find(programFolders: folders, driverFolders: driverFolders)
    }

    static func find(
        programFolders: [String], driverFolders: [String]
    ) throws(SimulatorError) -> BenchPrograms {
        func find(_ name: String, _ folders: [String], _ mode: Int32, package: String) throws(SimulatorError) -> String
        {
            let found = folders.map { "\($0)/\(name)" }.first { (path: String) in access(path, mode) == 0 }
            guard let found else {
                throw .missing(what: "\(name) is not installed", remedy: "install it: apt install \(package)")
            }
            return found
        }
        return BenchPrograms(
            pcscd: try find("pcscd", programFolders, X_OK, package: "pcscd"),
            driver: try find("libifdvpcd.so", driverFolders, R_OK, package: "vsmartcard-vpcd"),
            unshare: try find("unshare", programFolders, X_OK, package: "util-linux"))
    }

    /// Where pcsc-lite's drivers of serial readers are: Debian, Fedora, built from source.
    private static let driverFolders = ["/usr/lib", "/usr/lib64", "/usr/local/lib"].map { "\($0)/pcsc/drivers/serial" }
}
