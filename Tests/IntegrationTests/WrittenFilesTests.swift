import Foundation
import TestSupport
import Testing

/// Files that are written to, and those that cannot be.
@Suite struct WrittenFilesTests {
    private let folder: TemporaryFolder
    private let events: String

    init() throws {
        folder = try TemporaryFolder()
        events = try folder.write(try FullDiskTests.events(count: 3), to: "events.ndjson")
    }

    private func probe(_ words: String...) throws -> Command {
        try Command.run([Files.probe] + words, environment: ["CARDLINK_RUNTIME_DIR": folder.file("sockets")])
    }

    @Test(arguments: ["--events", "--json", "--capture", "--metrics", "--store"])
    func whatIsReadIsNotWrittenOver(option: String) throws {
        let before = folder.read("events.ndjson")
        let link = folder.file("link")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: events)
        let end = try probe("replay", events, option, link)
        #expect(end.ending == .exited(64) && folder.read("events.ndjson") == before)
        #expect(end.errors.hasPrefix("cardlink-probe: \(option) would write over \(link), which is read; name another"))
        #expect(end.errors.split(separator: "\n").count == 1)
    }

    /// A mistake costs no earlier recording; a run without events leaves none of another one's.
    @Test func anEarlierRecordingStaysUntilThereIsAnother() throws {
        let before = folder.read("events.ndjson")
        #expect(try probe("run", "--events", events, "--", "no-such-program").ending == .exited(127))
        #expect(try probe("replay", folder.file("none"), "--events", events).ending == .exited(69))
        let other = try folder.write(before, to: "other.ndjson")
        #expect(try probe("replay", other, "--events", events, "--to", folder.file("none")).ending == .exited(69))
        #expect(folder.read("events.ndjson") == before)
        #expect(try probe("run", "--no-summary", "--events", events, "--", "true").ending == .exited(0))
        #expect(folder.read("events.ndjson") == "")
    }

    @Test(arguments: ["--events", "--capture", "--json", "--metrics"])
    func whatIsNotWrittenIsNoSuccess(option: String) throws {
        let end = try probe("replay", "--no-summary", events, option, "/dev/full")
        #expect(end.ending == .exited(69) && end.errors.contains("No space left on device"))
        #expect(end.errors.split(separator: "\n").count == 1)
    }

    @Test(arguments: [["replay"], ["events", "check"]]) func aDirectoryIsNoEmptyFile(words: [String]) throws {
        let end = try Command.run([Files.probe] + words + [folder.path])
        #expect(end.ending == .exited(69) && end.errors.hasPrefix("cardlink-probe: cannot read \(folder.path): "))
    }

    /// Short and long pages alike.
    @Test(arguments: [
        "cardlink-metrics alerts export", "cardlink-metrics config show", "cardlink-probe events schema",
        "cardlink-probe doctor",
    ])
    func aFullDiskIsSaidOfWhatIsPrinted(line: String) throws {
        var words = line.split(separator: " ").map(String.init)
        words[0] = words[0] == "cardlink-probe" ? Files.probe : Files.metrics
        let end = try Command.run(["sh", "-c", #"exec "$@" >/dev/full"#, "sh"] + words)
        #expect(end.ending == .exited(69) && end.errors.contains(": cannot write: "), "\(end.errors)")
    }

    /// The time of what is told again is the recording's, whatever lines are in it.
    @Test func aLineThatIsNoneDoesNotMoveTheTimes() throws {
        func nanoseconds(_ text: String) throws -> Int? {
            let file = try folder.write(text, to: "told.ndjson")
            _ = try probe("replay", "--no-summary", file, "--json", folder.file("report.json"))
            let report = try JSONSerialization.jsonObject(with: Data(folder.read("report.json").utf8))
            return (report as? [String: Any])?["wall_nanoseconds"] as? Int
        }
        let text = folder.read("events.ndjson")
        let whole = try #require(try nanoseconds(text))
        #expect(try nanoseconds("garbage\n" + text) == whole && nanoseconds(text + "{\"event\":\"ap") == whole)
    }
}
