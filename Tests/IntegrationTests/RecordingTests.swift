import Foundation
import TestSupport
import Testing

/// What `serve` records, and what `replay` makes of it.
@Suite struct RecordingTests {
    private let folder: TemporaryFolder
    private let file: String

    init() throws {
        folder = try TemporaryFolder()
        file = folder.file("events.ndjson")
    }

    private func serve(_ size: String) throws -> ServingProbe {
        try ServingProbe(
            sockets: folder.file("sockets"),
            options: ["--events.recording", file, "--events.recording-max-size", size, "--store.enabled", "false"])
    }

    private func tell(_ events: String) throws -> Command {
        try Command.run([Files.probe, "replay", "--no-summary", events, "--to", folder.file("sockets")], within: 60)
    }

    private func replay(_ files: [String]) throws -> (command: Command, report: [String: Any]) {
        let command = try Command.run(
            [Files.probe, "replay", "--no-summary", "--json", folder.file("report.json")] + files, within: 60)
        let report = try JSONSerialization.jsonObject(with: Data(folder.read("report.json").utf8))
        return (command, report as? [String: Any] ?? [:])
    }

    private func bytes(_ path: String) throws -> Int {
        try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
    }

    @Test func whatIsRecordedIsToldAgain() throws {
        let events = try folder.write(try FullDiskTests.events(count: 500), to: "told.ndjson")
        for _ in 0..<2 {
            let probe = try serve("64MiB")
            #expect(try tell(events).ending == .exited(0))
            #expect(try probe.stop().ending == .exited(0))
        }
        let (command, report) = try replay([file])
        #expect(command.ending == .exited(0) && command.errors == "", "\(command.errors)")
        #expect(report["command_count"] as? Int == 1_000)
        let sessions = report["sessions"] as? [String: Any]
        #expect(sessions?["opened"] as? Int == 2)
        let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    /// Both files together are not larger than was said; each can be read alone, and both as one.
    @Test func itGoesRound() throws {
        let probe = try serve("1MiB")
        #expect(
            try tell(try folder.write(try FullDiskTests.events(count: 6_000), to: "told.ndjson")).ending == .exited(0))
        #expect(try probe.stop().ending == .exited(0))
        let before = file + ".1"
        #expect(try bytes(file) + bytes(before) <= 1 << 20)
        #expect(try bytes(before) > 1 << 18)
        let (last, lastReport) = try replay([file])
        let (both, report) = try replay([before, file])
        #expect(last.ending == .exited(0) && both.ending == .exited(0), "\(last.errors) \(both.errors)")
        let count = try #require(report["command_count"] as? Int)
        #expect(count > 500 && count > lastReport["command_count"] as? Int ?? .max)
        let sessions = report["sessions"] as? [String: Any]
        #expect(sessions?["opened"] as? Int == 1)
    }

    /// A daemon that was killed in the middle of a line costs that line.
    @Test func halfALineIsEnded() throws {
        try folder.write(#"{"event":"ap"#, to: "events.ndjson")
        let probe = try serve("1MiB")
        #expect(try tell(try folder.write(try FullDiskTests.events(count: 3), to: "told.ndjson")).ending == .exited(0))
        #expect(try probe.stop().ending == .exited(0))
        let (command, report) = try replay([file])
        #expect(command.ending == .exited(1) && report["command_count"] as? Int == 3)
        #expect(command.errors.split(separator: "\n").count == 1 && command.errors.contains(":1: "))
    }

    @Test func aFileThatCannotBeMadeIsSaid() throws {
        let end = try Command.run([
            Files.probe, "serve", "--runtime-dir", folder.file("sockets"), "--web.listen-address", "127.0.0.1:0",
            "--events.recording", "/no/such/folder/events.ndjson", "--store.enabled", "false",
        ])
        #expect(end.ending != .exited(0))
        #expect(end.errors.contains("cannot write /no/such/folder/events.ndjson: No such file or directory"))
    }

    /// A report of another runner, told to a daemon.
    @Test func aTestReportIsToldToADaemon() throws {
        let probe = try serve("1MiB")
        let report = try folder.write(
            """
            <testsuite name="ota"><testcase name="a" time="0.5"/><testcase name="b"><failure/></testcase></testsuite>
            """, to: "report.xml")
        #expect(try tell(report).ending == .exited(0))
        #expect(try probe.sum("cardlink_test_results_total", #"status="passed""#) == 1)
        #expect(try probe.sum("cardlink_test_results_total", #"status="failed""#) == 1)
        let (command, told) = try replay([report])
        #expect(command.ending == .exited(0))
        let tests = told["tests"] as? [String: Any]
        #expect(tests?["passed"] as? Int == 1 && tests?["failed"] as? Int == 1)
        let broken = try Command.run([Files.probe, "replay", "--no-summary", try folder.write("<a>", to: "b.xml")])
        #expect(broken.ending == .exited(1) && broken.errors.contains("not well-formed XML"))
        // Bytes that are not of the encoding it begins with: the library would have a word of its own on them.
        let file = folder.file("c.xml")
        try Data([0xFE, 0xFF, 0, 0x3C, 0, 0x74] + [UInt8](repeating: 0xDB, count: 8)).write(to: URL(filePath: file))
        let strange = try Command.run([Files.probe, "replay", "--no-summary", "--format", "junit", file])
        #expect(strange.ending == .exited(1) && strange.errors.split(separator: "\n").count == 1, "\(strange.errors)")
    }
}
