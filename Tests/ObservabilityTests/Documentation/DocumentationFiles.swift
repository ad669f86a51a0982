import Foundation
import TestSupport

/// The files of the documentation, and of the examples in it.
enum DocumentationFiles {
    private static let package = URL(filePath: Files.package)

    /// A file by its path in the package.
    static func text(_ path: String) throws -> String {
        try String(contentsOf: package.appending(path: path), encoding: .utf8)
    }

    /// Writes a file by its path in the package.
    static func write(_ text: String, to path: String) throws {
        try Data(text.utf8).write(to: package.appending(path: path))
    }
}
