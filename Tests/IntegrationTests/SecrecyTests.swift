import Foundation
import TestSupport
import Testing

/// No secret leaves the program that has it: not into the ring, an event line, a report, a metric or a log.
@Suite struct SecrecyTests {
    private static let canary = "A5C3F00DBEE5D19E"
    private static let marker = "A5C3F00DBEE5D101"
    /// The card's ICCID, and the bytes of its file: digits swapped, padded (TS 102 221, 13.2).
    private static let iccid = "898827364554637281"
    private static let iccidBytes = "988872635445362718"

    private static func forms(_ hex: String) -> [Data] {
        let bytes = stride(from: 0, to: hex.count, by: 2).compactMap { offset -> UInt8? in
            let start = hex.index(hex.startIndex, offsetBy: offset)
            return UInt8(hex[start..<hex.index(start, offsetBy: 2)], radix: 16)
        }
        return [Data(bytes), Data(hex.utf8), Data(hex.lowercased().utf8)]
    }

    private static func holds(_ place: Data, _ hex: String) -> Bool {
        forms(hex).contains { place.range(of: $0) != nil }
    }

    @Test func noneLeavesTheProgram() throws {
        let bench = try Bench(script: "identity: { iccid: \"\(Self.iccid)\" }\n")
        let folder = try TemporaryFolder()
        let sink = try RunningCommand([
            Files.python, Files.client("events_sink.py"), folder.file("events.sock"), folder.file("events"),
        ])
        #expect(eventually(within: 10) { sink.outputSoFar.contains("ready") })
        let run = try Command.run(
            [Files.probe, "run", "--runtime-dir", folder.path, "--summary", "--json", folder.file("report.json"), "--"]
                + [Files.python, Files.client("secrets.py"), folder.file("ring"), Self.canary],
            environment: bench.environment)
        _ = try sink.end(within: 10)
        #expect(run.ending == .exited(0), "\(run.errors)")
        let places = try ["ring", "events", "report.json"].map { name in
            (name, try Data(contentsOf: URL(filePath: folder.file(name))))
        }
        for (name, place) in places + [("summary", Data(run.errors.utf8))] {
            #expect(!place.isEmpty, "\(name)")
            #expect(!Self.holds(place, Self.canary), "\(name)")
            #expect(!Self.holds(place, Self.iccidBytes), "\(name)")
            #expect(place.range(of: Data(Self.iccid.utf8)) == nil, "\(name)")
            #expect(place.range(of: Data("secrets.py".utf8)) == nil, "\(name)")
        }
        // What may leave did, so that the search can find.
        #expect(Self.holds(places[0].1, Self.marker))
        #expect(Self.holds(places[1].1, Self.marker))
        // And the card had it all.
        #expect(bench.folder.read("card.log").contains(Self.canary))
        #expect(bench.folder.read("card.log").contains(Self.iccidBytes))
    }
}
