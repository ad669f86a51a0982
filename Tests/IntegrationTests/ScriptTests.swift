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
}
