internal import Glibc

extension EnvironmentVariables {
    private static let version = "CARDLINK_TESTER_VERSION"
    private static let commit = "CARDLINK_TESTER_COMMIT"

    /// Says which tester it is in variables that its programs inherit, and taps read; what the caller said of the commit
    /// stands.
    mutating func tellTester(version: String?, in folder: String? = nil) {
        if let version { self[Self.version] = Array(version.utf8) }
        guard self[Self.commit] == nil, let folder = folder ?? Self.currentFolder else { return }
        if let commit = GitCommit.checkedOut(in: folder) { self[Self.commit] = Array(commit.utf8) }
    }

    private static var currentFolder: String? {
        guard let path = getcwd(nil, 0) else { return nil }
        defer { free(path) }
        return String(cString: path)
    }
}

extension Run.Request {
    /// Whether a text can be a tester's version: it is shown on terminals and as one line.
    package static func isTesterVersion(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count) && text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F }
    }
}
