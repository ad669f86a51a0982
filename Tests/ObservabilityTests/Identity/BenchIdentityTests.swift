import Foundation
import PrometheusClient
import TestSupport
import Testing

@testable import Observability

@Suite struct BenchIdentityTests {
    @Test(
        arguments: [
            (
                ["XDG_STATE_HOME": "/s", "STATE_DIRECTORY": "/t/cardlink-probe", "HOME": "/h"], false,
                "/s/cardlink-probe"
            ),
            (["XDG_STATE_HOME": "s", "HOME": "/h"], false, "/h/.local/state/cardlink-probe"),
            (["STATE_DIRECTORY": "/t/cardlink-probe"], false, "/t/cardlink-probe"),
            (["STATE_DIRECTORY": "/t/cardlink-probe-2:/t/x"], true, "/t/cardlink-probe-2"),
            // That of a service which started us.
            (["STATE_DIRECTORY": "/var/lib/runner", "HOME": "/h"], false, "/h/.local/state/cardlink-probe"),
            (["HOME": "/root"], true, "/var/lib/cardlink-probe"), ([:], false, "/.local/state/cardlink-probe"),
        ] as [([String: String], Bool, String)])
    func theStateDirectory(variables: [String: String], isRoot: Bool, path: String) {
        #expect(StateDirectory.path({ variables[$0] }, isRoot: isRoot) == path)
    }

    @Test func theNumberIsMadeOnce() throws {
        let folder = try TemporaryFolder()
        let file = InstanceIDFile(in: folder.file("state/cardlink-probe"))
        let id = file.load { Issue.record("\($0)") }
        #expect(UUID(uuidString: id) != nil && id == id.lowercased())
        #expect(InstanceIDFile(in: folder.file("state/cardlink-probe")).load { Issue.record("\($0)") } == id)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.file("state/cardlink-probe"))
        #expect(names == ["instance-id"] && folder.read("state/cardlink-probe/instance-id") == "\(id)\n")
    }

    @Test func manyAtOnceGetOneNumber() async throws {
        let folder = try TemporaryFolder()
        let file = InstanceIDFile(in: folder.path)
        let ids = await withTaskGroup(of: String?.self) { group in
            for _ in 0..<8 { group.addTask { try? file.read() } }
            return await group.reduce(into: [String?]()) { $0.append($1) }
        }
        #expect(Set(ids.compactMap { $0 }).count == 1)
    }

    @Test(arguments: ["bench-7", " 1.a_B-2 \n"])
    func oneOfYourOwn(text: String) throws {
        let folder = try TemporaryFolder()
        _ = try folder.write(text, to: "instance-id")
        #expect(try InstanceIDFile(in: folder.path).read() == text.filter { !$0.isWhitespace })
    }

    @Test(arguments: ["", "\n", "a b", "é", "a\"b", String(repeating: "x", count: 65)])
    func whatIsNoNumber(text: String) throws {
        let folder = try TemporaryFolder()
        _ = try folder.write(text, to: "instance-id")
        let file = InstanceIDFile(in: folder.path)
        #expect(throws: InstanceIDError.noID(path: file.path)) { try file.read() }
        var lines: [String] = []
        let first = file.load { lines.append($0) }
        #expect(UUID(uuidString: first) != nil && file.load { _ in } != first)
        #expect(
            lines == [
                "\(file.path) holds no instance_id of letters, digits, dash, dot and _; remove it, and a new one is made"
            ])
        #expect(folder.read("instance-id") == text)
    }

    @Test(arguments: ["/proc/x", "/etc/passwd/x", "/dev/null"])
    func whereNothingCanBeMade(directory: String) {
        var lines: [String] = []
        #expect(UUID(uuidString: InstanceIDFile(in: directory).load { lines.append($0) }) != nil)
        #expect(lines.count == 1 && lines[0].contains("\(directory)/instance-id"))
    }

    @Test func whatIsToldOfIt() {
        let host = ProcessInfo.processInfo.hostName
        let plain = BenchIdentity(bench: nil, site: nil, instanceID: "7")
        #expect(plain.attributes == [Attribute("service.instance.id", "7"), Attribute("cardlink.bench", .text(host))])
        let named = BenchIdentity(bench: "left", site: "lab", instanceID: "7")
        #expect(named.attributes.map(\.value) == ["7", "left", "lab"])
        let collector = Collector()
        collector.tell(named)
        let family = RegistryWalk(of: collector.registry).first { $0.descriptor.name == "cardlink_bench_info" }
        #expect(family?.children.map(\.labelValues) == [["left", "lab", "7"]])
    }
}
