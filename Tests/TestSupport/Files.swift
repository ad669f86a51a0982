import Foundation

/// The programs and files of the tests.
package enum Files {
    /// Where SwiftPM puts products: beside the program that runs the tests.
    package static let products = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        .path

    /// The probe that was built with the tests.
    package static let probe = products + "/cardlink-probe"

    /// The program that asks about metrics, built with them too.
    package static let metrics = products + "/cardlink-metrics"

    /// The package's folder.
    package static let package = {
        var folder = URL(filePath: #filePath)
        for _ in 0..<3 { folder.deleteLastPathComponent() }
        return folder.path
    }()

    /// A program in the folder `Clients` here.
    package static func client(_ name: String) -> String { "\(package)/Tests/TestSupport/Clients/\(name)" }

    /// Where the Swift compiler's own clang is, whose sanitizers and calling convention are those of swiftc.
    package static let toolchain = Result {
        let information = Data(try Command.run(["swiftc", "-print-target-info"]).output.utf8)
        let target = try JSONSerialization.jsonObject(with: information) as? [String: Any]
        guard let paths = target?["paths"] as? [String: Any], let runtime = paths["runtimeResourcePath"] else {
            throw TestFailure("swiftc -print-target-info names no runtimeResourcePath")
        }
        return "\(runtime)/../../bin"
    }

    /// Debian's Python, which has pyscard.
    package static let python = "/usr/bin/python3"
}
