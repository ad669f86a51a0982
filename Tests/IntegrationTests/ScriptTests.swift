import Foundation
import TestSupport
import Testing

/// The two commands that a newcomer types, as far as they go without building.
@Suite struct ScriptTests {
    @Test(arguments: ["examples/quickstart", "Tests/run", "Tests/benchmark"])
    func wrongOptionsAndAMissingSwiftAreOneLine(script: String) throws {
        let wrong = try Command.run(["bash", "\(Files.package)/\(script)", "--no-such-option"])
        #expect(wrong.ending == .exited(64))
        #expect(wrong.errors == "\(script): unknown option '--no-such-option'; see: \(script) --help\n")
        // A PATH with nothing but what the scripts call before they look for swift.
        let folder = try TemporaryFolder()
        for name in ["bash", "dirname"] {
            let program = try Command.run(["sh", "-c", "command -v \(name)"]).output.trimmingCharacters(in: .newlines)
            try FileManager.default.createSymbolicLink(atPath: folder.file(name), withDestinationPath: program)
        }
        let bare = try Command.run(
            [folder.file("bash"), "\(Files.package)/\(script)"], environment: ["PATH": folder.path])
        #expect(bare.ending == .exited(69))
        #expect(bare.output == "")
        #expect(
            bare.errors == "\(script): Swift 6.2 or later is needed and no swift is in PATH; "
                + "get it from https://www.swift.org/install/linux and call this again\n")
        let help = try Command.run(["bash", "\(Files.package)/\(script)", "--help"])
        #expect(help.ending == .exited(0))
        #expect(help.output.hasPrefix("usage: \(script) "))
    }

    /// With the programs of the tests in the place of a release build.
    @Test func quickstartNamesAndRemovesWhatItMade() throws {
        let folder = try TemporaryFolder()
        let release = folder.file("release")
        try FileManager.default.createDirectory(atPath: release, withIntermediateDirectories: false)
        for name in ["cardlink-probe", "cardlink-metrics", "libpcsclite-probe.so", "libpcsclite-audit.so"] {
            try FileManager.default.createSymbolicLink(
                atPath: "\(release)/\(name)", withDestinationPath: "\(Files.products)/\(name)")
        }
        try folder.write(
            """
            #!/bin/sh
            case "$*" in
                --version) echo "Swift version 6.2 (swift-6.2-RELEASE)" ;;
                *--show-bin-path) echo \(release) ;;
            esac
            """, to: "swift")
        #expect(chmod(folder.file("swift"), 0o755) == 0)
        let path = "\(folder.path):\(ProcessInfo.processInfo.environment["PATH"] ?? "")"
        let prefix = folder.file("opt/local")
        func quickstart(_ options: String...) throws -> Command {
            try Command.run(
                ["bash", "\(Files.package)/examples/quickstart", "--prefix", prefix] + options,
                environment: ["PATH": path])
        }
        try FileManager.default.createDirectory(atPath: folder.file("opt"), withIntermediateDirectories: false)
        for _ in 0..<2 {
            let made = try quickstart("--virtual")
            #expect(made.ending == .exited(0), "\(made.errors)")
            #expect(made.output.contains("To undo this: examples/quickstart --remove"))
            #expect(made.errors.contains("SELECT"))
        }
        let kept = try folder.write("", to: "opt/local/bin/kept")
        let removed = try quickstart("--remove")
        #expect(removed.ending == .exited(0))
        #expect(
            Set(removed.output.split(separator: "\n").map(String.init)).isSuperset(
                of: [
                    release, "\(prefix)/bin/cardlink-probe", "\(prefix)/bin/cardlink-metrics", "\(prefix)/lib",
                    "\(prefix)/lib/cardlink-probe", "\(prefix)/lib/cardlink-probe/libpcsclite.so.1",
                    "\(prefix)/lib/cardlink-probe/libpcsclite-audit.so",
                    "\(prefix)/lib/cardlink-probe/quickstart.list",
                ].map { "removed \($0)" }))
        // What is somebody else's stays, and what holds it.
        let left = try FileManager.default.subpathsOfDirectory(atPath: folder.file("opt"))
        #expect(left.sorted() == ["local", "local/bin", "local/bin/kept"])
        #expect(FileManager.default.fileExists(atPath: kept))
        #expect(FileManager.default.fileExists(atPath: Files.probe))
        let again = try quickstart("--remove")
        #expect(again.ending == .exited(69))
        #expect(
            again.errors == "examples/quickstart: quickstart has installed nothing in \(prefix); "
                + "to name another place: examples/quickstart --remove --prefix DIR\n")
    }
}
