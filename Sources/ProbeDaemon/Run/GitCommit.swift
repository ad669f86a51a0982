internal import Observability

/// The commit that a folder's repository is at, by the files that git keeps: no program is started for it.
///
/// Whether files were changed since is not known, since that takes a look at each of them.
enum GitCommit {
    /// Folders that are climbed at most.
    private static let depth = 64
    /// References that lead to others.
    private static let hops = 5
    /// The list of packed references of a large project.
    private static let mostBytes = 4 << 20

    /// Forty hex digits, or sixty-four; nil where there is no repository, and where it has no commit yet.
    static func checkedOut(in folder: String) -> String? {
        guard let own = directory(of: folder) else { return nil }
        // A further work tree has its own HEAD, and shares the rest.
        let common = line("\(own)/commondir").map { absolute($0, in: own) } ?? own
        var words = line("\(own)/HEAD")
        for _ in 0..<hops {
            guard let said = words else { return nil }
            if isCommit(said) { return said }
            guard said.hasPrefix("ref: refs/"), !said.contains("..") else { return nil }
            let name = String(said.dropFirst(5))
            words = line("\(own)/\(name)") ?? line("\(common)/\(name)") ?? packed(name, in: common)
        }
        return nil
    }

    /// Where the repository is that a folder belongs to.
    private static func directory(of folder: String) -> String? {
        var folder = folder
        for _ in 0..<depth {
            let git = folder == "/" ? "/.git" : "\(folder)/.git"
            if line("\(git)/HEAD") != nil { return git }
            // In a further work tree and in a submodule it is a file.
            if let link = line(git), link.hasPrefix("gitdir: ") {
                return absolute(String(link.dropFirst(8)), in: folder)
            }
            guard folder != "/", let slash = folder.lastIndex(of: "/") else { return nil }
            folder = slash == folder.startIndex ? "/" : String(folder[..<slash])
        }
        return nil
    }

    private static func packed(_ name: String, in directory: String) -> String? {
        guard let text = try? BoundedFile.text("\(directory)/packed-refs", mostBytes: mostBytes) else { return nil }
        let row = text.utf8.split(separator: UInt8(ascii: "\n")).first { row in
            row.count > name.utf8.count && row.suffix(name.utf8.count + 1).elementsEqual(" \(name)".utf8)
        }
        return row.map { String(decoding: $0.prefix { $0 != UInt8(ascii: " ") }, as: UTF8.self) }
    }

    private static func line(_ path: String) -> String? {
        guard let text = try? BoundedFile.text(path) else { return nil }
        return text.split(separator: "\n", maxSplits: 1).first.map(String.init)
    }

    private static func absolute(_ path: String, in folder: String) -> String {
        path.hasPrefix("/") ? path : "\(folder)/\(path)"
    }

    private static func isCommit(_ text: String) -> Bool {
        (text.utf8.count == 40 || text.utf8.count == 64) && text.allSatisfy { $0.isASCII && $0.isHexDigit }
    }
}
