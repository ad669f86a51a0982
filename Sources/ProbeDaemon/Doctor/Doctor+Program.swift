internal import Glibc

extension Doctor {
    /// Where programs are looked for.
    static var searchPath: String { getenv("PATH").map { String(cString: $0) } ?? "/bin:/usr/bin" }

    /// Can a shim be put before this program's library?
    func program() -> [Finding] {
        guard let name = request.program else { return [] }
        let file = ProgramFile(named: name, path: Self.searchPath)
        guard let place = file.path, access(place, X_OK) == 0 else {
            return [.fault("program", name, "it is not there, or cannot be run", "command -v \(name)")]
        }
        guard let obstacle = file.obstacle else {
            return [.ok("program", place, "a shim can be put before its library")]
        }
        return [.fault("program", place, obstacle.reason, obstacle.remedy)]
    }
}
