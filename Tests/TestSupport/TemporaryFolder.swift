import Foundation

/// A folder that is gone with its owner; its path is short enough for sockets, and everybody may enter.
package final class TemporaryFolder: Sendable {
    package let path: String

    package init() throws {
        path = "/tmp/cardlink-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
    }

    deinit { remove() }

    /// Removes it before its owner goes, as one must that is never gone.
    package func remove() {
        // A program that is ending may remove its own part, or write a last line, at the same time.
        _ = eventually(within: 5) {
            try? FileManager.default.removeItem(atPath: path)
            return !FileManager.default.fileExists(atPath: path)
        }
    }

    package func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes a file and gives its path.
    @discardableResult
    package func write(_ text: String, to name: String) throws -> String {
        try text.write(toFile: file(name), atomically: true, encoding: .utf8)
        return file(name)
    }

    /// Makes files and their folders, as a machine's `/sys` and `/dev` have them: texts by path, links as `-> TARGET`.
    package func plant(_ files: [String: String]) throws {
        for (name, text) in files {
            let place = URL(filePath: path + name)
            try FileManager.default.createDirectory(
                at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
            if text.hasPrefix("-> ") {
                try FileManager.default.createSymbolicLink(
                    atPath: place.path, withDestinationPath: String(text.dropFirst(3)))
            } else {
                try text.write(to: place, atomically: false, encoding: .utf8)
            }
        }
    }

    /// What a file holds; nothing when it is not there.
    package func read(_ name: String) -> String { (try? String(contentsOfFile: file(name), encoding: .utf8)) ?? "" }
}
