import Foundation
import TestSupport
import Testing

/// The files in `examples/systemd`, as the system's own programs read them.
@Suite struct SystemFilesTests {
    private static let folder = "\(Files.package)/examples/systemd"

    private static func text(_ name: String) throws -> String {
        try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
    }

    @Test func systemdUnderstandsTheUnit() throws {
        let folder = try TemporaryFolder()
        // The program is looked for, so it has to be the one that is here.
        let unit = try Self.text("cardlink-probe.service").replacingOccurrences(
            of: "/usr/bin/cardlink-probe", with: Files.probe)
        let path = try folder.write(unit, to: "cardlink-probe.service")
        let verified = try Command.run(["systemd-analyze", "--man=no", "verify", path])
        #expect(verified.ending == .exited(0))
        // Of this unit; the machine's others have faults of their own.
        #expect(!(verified.output + verified.errors).contains("cardlink-probe.service"))
        let security = try Command.run(["systemd-analyze", "security", "--offline=true", "--threshold=25", path])
        #expect(security.ending == .exited(0), "\(security.output)")
        #expect(security.output.contains("Overall exposure level"))
    }

    @Test func systemdMakesTheUserAndTheGroup() throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: folder.file("etc"), withIntermediateDirectories: false)
        let end = try Command.run(
            ["systemd-sysusers", "--root=\(folder.path)", "-"], input: try Self.text("cardlink-probe.sysusers"))
        #expect(end.ending == .exited(0))
        let user = folder.read("etc/passwd").split(separator: ":", omittingEmptySubsequences: false)
        let group = folder.read("etc/group").split(separator: ":", omittingEmptySubsequences: false)
        #expect(user.first == "cardlink-probe" && user.last == "/usr/sbin/nologin\n")
        #expect(group.first == "cardlink" && group[2] == user[3])
        let unit = try Self.text("cardlink-probe.service")
        #expect(unit.contains("\nUser=cardlink-probe\nGroup=cardlink\n") && unit.contains("serve --group cardlink "))
    }

    /// The engine is the one that Debian's polkitd has.
    @Test(arguments: [
        ("org.debian.pcsc-lite.access_pcsc", "cardlink-probe", "yes"),
        ("org.debian.pcsc-lite.access_card", "cardlink-probe", "undefined"),
        ("org.debian.pcsc-lite.access_pcsc", "nobody", "undefined"),
        ("org.freedesktop.systemd1.manage-units", "cardlink-probe", "undefined"),
    ])
    func polkitLetsTheServiceWatchReadersAndNothingElse(action: String, user: String, answer: String) throws {
        let script = """
            var rules = [];
            var polkit = {addRule: function (rule) { rules.push(rule); }, Result: {YES: "yes"}};
            \(try Self.text("cardlink-probe.rules"))
            if (rules.length != 1) throw new Error("one rule is meant");
            print(String(rules[0]({id: "\(action)"}, {user: "\(user)"})));
            """
        let folder = try TemporaryFolder()
        let end = try Command.run(["duk", try folder.write(script, to: "rule.js")])
        #expect(end.output == answer + "\n")
        #expect(end.errors == "")
    }
}
