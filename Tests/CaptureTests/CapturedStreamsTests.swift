import Capture
import Foundation
import ProbeEvents
import TestSupport
import Testing

/// Connections as packets, as tshark reads them: checksums, numbers, both directions, ends.
@Suite struct CapturedStreamsTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private static let ends: [(StreamEnd, StreamEnd)] = [
        (StreamEnd(address: [127, 0, 0, 1], port: 40_001), StreamEnd(address: [127, 0, 0, 1], port: 8_443)),
        (
            StreamEnd(address: [UInt8](repeating: 0, count: 15) + [1], port: 40_002),
            StreamEnd(address: [0xFE, 0x80] + [UInt8](repeating: 1, count: 14), port: 443)
        ),
    ]

    private func write(_ sights: [StreamSight]) throws -> String {
        var (writer, streams) = (CaptureWriter(), CapturedStreams())
        var bytes = PCAPNG.section(hardware: "", system: "", application: "")
        for sight in sights {
            bytes += writer.blocks(
                of: streams.packets(of: sight), tap: sight.link.tap, nanoseconds: sight.wallNanoseconds)
        }
        let path = folder.file("c.pcapng")
        try Data(bytes).write(to: URL(filePath: path))
        return path
    }

    private static func sights(_ number: UInt64, _ deeds: [(TLSPeer, StreamSight.Deed)]) -> [StreamSight] {
        let link = TLSLink(tap: "ota", connection: number)
        return deeds.enumerated().map { index, deed in
            StreamSight(
                link: link, peer: deed.0, deed: deed.1,
                wallNanoseconds: 1_700_000_000_000_000_000 + number * 1_000_000_000 + UInt64(index) * 1_000_000)
        }
    }

    private func shark(_ path: String, _ options: [String]) throws -> [String] {
        let checks = ["tcp.check_checksum:TRUE", "ip.check_checksum:TRUE"].flatMap { ["-o", $0] }
        let end = try Command.run(["tshark", "-r", path] + checks + options)
        #expect(end.ending == .exited(0), "\(end.errors)")
        return end.output.split(separator: "\n").map(String.init)
    }

    /// A megabyte one way, in reads of every size, and answers between.
    @Test(arguments: 0..<2) func bytesAreWhole(index: Int) throws {
        var random = SeededGenerator(seed: 3)
        let (client, server) = Self.ends[index]
        var deeds: [(TLSPeer, StreamSight.Deed)] = [(.client, .opened(client: client, server: server))]
        var said: [TLSPeer: [UInt8]] = [.client: [], .server: []]
        for count in [1, 65_536, 200_000, 32_768, 32_769, 5, 400_000, 70_000, 300_000] {
            let bytes = random.bytes(count...count)
            said[.server]? += bytes
            deeds.append((.server, .sent(bytes)))
            guard count < 70_000 else { continue }
            said[.client]? += bytes.prefix(7)
            deeds.append((.client, .sent(Array(bytes.prefix(7)))))
        }
        deeds += [(.client, .closed), (.server, .closed), (.client, .closed), (.client, .over), (.client, .closed)]
        let path = try write(Self.sights(1, deeds))
        #expect(
            try shark(path, ["-Y", "_ws.malformed || _ws.expert.severity >= 0x600000 || tcp.analysis.flags"]) == [])
        #expect(try shark(path, ["-Y", "tcp.flags.syn == 1", "-T", "fields", "-e", "tcp.flags.str"]).count == 2)
        #expect(try shark(path, ["-Y", "tcp.flags.fin == 1"]).count == 2)
        let followed = try shark(path, ["-q", "-z", "follow,tcp,raw,0"])
        let lines = followed.filter { $0.allSatisfy { $0.isHexDigit || $0 == "\t" } }
        let fromServer = lines.filter { $0.hasPrefix("\t") }.map { $0.dropFirst() }.joined()
        let fromClient = lines.filter { !$0.hasPrefix("\t") }.joined()
        #expect(fromServer.uppercased() == HexBytes(said[.server] ?? []).description)
        #expect(fromClient.uppercased() == HexBytes(said[.client] ?? []).description)
    }

    @Test func oneThatIsBrokenOff() throws {
        let (client, server) = Self.ends[0]
        let path = try write(
            Self.sights(
                1,
                [
                    (.client, .opened(client: client, server: server)), (.client, .sent([22, 3, 3])),
                    (.server, .reset), (.client, .sent([1])), (.client, .closed), (.client, .reset), (.client, .over),
                ]))
        let flags = try shark(path, ["-T", "fields", "-e", "tcp.flags", "-e", "tcp.srcport"])
        #expect(
            flags == [
                "0x0002\t40001", "0x0012\t8443", "0x0010\t40001", "0x0018\t40001", "0x0014\t8443",
            ])
    }

    /// What began before the capture is not in it, and what comes behind the end neither.
    @Test func noBeginNoPackets() throws {
        var streams = CapturedStreams()
        for sight in Self.sights(1, [(.client, .sent([1])), (.server, .closed), (.client, .over)]) {
            let packets = streams.packets(of: sight)
            #expect(packets.isEmpty)
        }
    }
}
