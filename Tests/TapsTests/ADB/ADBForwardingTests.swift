import Foundation
import ProbeEvents
import TestSupport
import Testing

@testable import Taps

/// A real adb server, a phone that a script plays, and a relay between adb's client and the server.
@Suite struct ADBForwardingTests {
    private let bench: ADBBench

    init() throws { bench = try ADBBench() }

    /// What a client gives, less what differs from run to run.
    private static func outcome(_ command: Command) -> [String] {
        let speed = /[0-9.]+ MB\/s \([0-9]+ bytes in [0-9.]+s\)/
        return [
            "\(command.ending)", command.output.replacing(speed, with: "SPEED"),
            command.errors.replacing(speed, with: "SPEED"),
        ]
    }

    private static let commands = [
        ["version"], ["devices"], ["devices", "-l"], ["get-state"], ["get-serialno"], ["get-devpath"],
        ["shell", "echo out; echo err >&2; exit 3"], ["shell", "true"], ["exec-out", "printf 'a\\0b'; exit 4"],
        ["shell", "head -c 3000000 /dev/zero | tr '\\0' x"], ["features"], ["host-features"], ["ls", "/"],
        ["ls", "/nowhere"], ["forward", "--list"], ["reverse", "--list"], ["wait-for-device"],
        ["-s", "nowhere", "shell", "true"],
        ["pull", "/nowhere"], ["nonsense"], ["disconnect", "127.0.0.1:1"], ["forward", "--remove", "tcp:1"],
    ]

    /// Both protocols of the shell and of files.
    @Test(arguments: ["shell_v2,cmd,stat_v2,ls_v2", "cmd"])
    func clientsGetTheSame(features: String) throws {
        let phone = try bench.phone("--features", features)
        let tapped = try TappedADB(target: bench.endpoint)
        for command in Self.commands {
            let (direct, relayed) = (try bench.adb(command), try bench.adb(command, through: tapped.port))
            #expect(Self.outcome(direct) == Self.outcome(relayed), "\(command)")
        }
        #expect(try tapped.counts()[.version] ?? 0 > 10)
        let refused = try tapped.operations().filter { $0.phone == "nowhere" }
        #expect(!refused.isEmpty && refused.allSatisfy { $0.error == .unavailable })
        _ = phone
    }

    /// Files go through unchanged, both ways, and each is counted as often as the phone says.
    @Test(arguments: ["shell_v2,cmd,stat_v2,ls_v2", "cmd"])
    func filesAreTheSame(features: String) throws {
        let phone = try bench.phone("--features", features)
        let tapped = try TappedADB(target: bench.endpoint)
        var random = SeededGenerator(seed: 5)
        let contents = [random.bytes(0...0), random.bytes(65_536...65_536), random.bytes(3_000_001...3_000_001)]
        let folder = bench.folder.file("files")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for (number, bytes) in contents.enumerated() { try Data(bytes).write(to: URL(filePath: "\(folder)/\(number)")) }
        _ = try phone.asked()
        #expect(
            try bench.adb(["push", folder + "/0", folder + "/1", folder + "/2", "/"], through: tapped.port).status == 0)
        for (number, bytes) in contents.enumerated() {
            let pulled = bench.folder.file("pulled")
            #expect(try Data(contentsOf: URL(filePath: "\(phone.folder)/\(number)")) == Data(bytes))
            #expect(try bench.adb(["pull", "/\(number)", pulled], through: tapped.port).status == 0)
            #expect(try Data(contentsOf: URL(filePath: pulled)) == Data(bytes))
        }
        #expect(try bench.adb(["push", folder + "/0", "/no/folder"], through: tapped.port).status == 1)
        #expect(try bench.adb(["shell", "exit 5"], through: tapped.port).status == (features == "cmd" ? 0 : 5))
        #expect(try bench.adb(["exec-out", "true"], through: tapped.port).status == 0)
        let asked = try phone.asked()
        let operations = try tapped.operations()
        func count(_ names: String...) -> Int { names.map { asked[$0] ?? 0 }.reduce(0, +) }
        func told(_ operation: ADBOperation) -> Int { operations.count { $0.operation == operation } }
        #expect(told(.push) == count("SEND", "SND2") && told(.push) == 4)
        #expect(told(.pull) == count("RECV", "RCV2") && told(.pull) == 3)
        #expect(told(.stat) == count("STAT", "STA2", "LST2") && told(.stat) > 3)
        #expect(told(.sync) == count("sync") && told(.shell) == count("shell") && told(.exec) == count("exec"))
        #expect(operations.filter { $0.status == .failed }.map(\.operation) == [.push])
        let bytes = operations.filter { $0.operation == .pull }.map(\.receivedBytes)
        for (got, content) in zip(bytes, contents) { #expect(got >= content.count && got < content.count * 2 + 200) }
        #expect(operations.allSatisfy { $0.stamp.source == .adb && $0.stamp.durationNanoseconds > 0 })
        #expect(!tapped.sink.events.contains { if case .eventsDropped = $0 { true } else { false } })
    }

    /// What stands behind a service's name is in nothing that is told.
    @Test func commandLinesAreNotTold() throws {
        let phone = try bench.phone()
        let tapped = try TappedADB(target: bench.endpoint)
        let secret = "s3cr3t-4711"
        #expect(try bench.adb(["shell", "echo \(secret)"], through: tapped.port).output.contains(secret))
        #expect(try tapped.counts()[.shell] == 1)
        #expect(!"\(tapped.sink.events)".contains(secret))
        _ = phone
    }

    /// A client whose command does not end by itself.
    private func logReader(through tapped: TappedADB) throws -> RunningCommand {
        try RunningCommand(
            ["adb", "shell", "logcat"],
            environment: ["HOME": bench.folder.path, "ADB_SERVER_SOCKET": "tcp:127.0.0.1:\(tapped.port)"])
    }

    /// A phone that goes while it is worked with.
    @Test func aPhoneGoesInTheMiddle() throws {
        let phone = try bench.phone()
        let tapped = try TappedADB(target: bench.endpoint)
        let client = try logReader(through: tapped)
        try phone.waitForReader()
        try phone.say("gone")
        _ = try client.end()
        let shells = try tapped.operations().filter { $0.operation == .shell }
        #expect(shells.map(\.status) == [.failed] && shells.map(\.error) == [.communication])
    }

    /// A client that leaves has cancelled what it did.
    @Test func aClientGoesInTheMiddle() throws {
        let phone = try bench.phone()
        let tapped = try TappedADB(target: bench.endpoint)
        let client = try logReader(through: tapped)
        try phone.waitForReader()
        client.kill()
        let shells = try tapped.operations().filter { $0.operation == .shell }
        #expect(shells.map(\.status) == [.cancelled] && shells.map(\.error) == [nil])
    }

    /// Without a server adb fails by itself, the relay says once why, and with the server all is as before.
    @Test func theServerIsGoneAndComesBack() throws {
        let phone = try bench.phone()
        let tapped = try TappedADB(target: bench.endpoint)
        bench.killServer()
        for _ in 1...2 {
            let (direct, relayed) = (try bench.adb(["devices"]), try bench.adb(["devices"], through: tapped.port))
            #expect(direct.status == 1 && relayed.status == 1)
            #expect(relayed.output.isEmpty == direct.output.isEmpty)
        }
        func states() -> [SourceState] {
            tapped.sink.events.compactMap { if case .sourceState(let state) = $0 { state } else { nil } }
        }
        #expect(states().map(\.isWorking) == [true, false])
        #expect(
            states().last?.message
                == "adb: the server at \(bench.endpoint) cannot be reached: Connection refused; run: adb start-server "
                + "(without ADB_SERVER_SOCKET), or correct taps.adb")
        try bench.startServer()
        #expect(try bench.adb(["connect", phone.serial], through: tapped.port).status == 0)
        #expect(try bench.adb(["shell", "exit 6"], through: tapped.port).status == 6)
        #expect(states().map(\.isWorking) == [true, false, true])
    }
}
