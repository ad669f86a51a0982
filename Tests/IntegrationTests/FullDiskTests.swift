import Foundation
import ProbeEvents
import SmartCard
import TestSupport
import Testing

/// A disk that is full, really: the daemon's own, small, in a mount namespace of its own.
@Suite struct FullDiskTests {
    private static let count = 12_000

    /// Whoever tells events is not held up and nothing else is lost; health says why; it goes on when there is room.
    @Test func theDaemonOutlivesIt() throws {
        let folder = try TemporaryFolder()
        let disk = folder.file("disk")
        try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
        let script = """
            mount -t tmpfs -o size=20m cardlink "$0" && head -c 18m /dev/zero >"$0/ballast" && exec "$@"
            """
        let own = geteuid() == 0 ? [] : ["-r"]
        let probe = try ServingProbe(
            under: ["unshare", "-m"] + own + ["sh", "-c", script, disk], sockets: folder.file("sockets"),
            options: [
                "--store.path", disk + "/history.db", "--events.recording", disk + "/events.ndjson",
                "--events.recording-max-size", "1MiB",
            ])
        // What the daemon sees under that name. Links are resolved outside, so that sqlite3 has to go in.
        let seen = "/proc/\(probe.pid)/root\(disk)"
        let events = try folder.write(try Self.events(count: Self.count), to: "events.ndjson")
        func tell() throws -> Command {
            try Command.run(
                [Files.probe, "replay", "--no-summary", events, "--to", folder.file("sockets")], within: 60)
        }
        func ask(_ sql: String) throws -> String {
            let enter = ["nsenter", "-t", "\(probe.pid)", "-m"]
            let user = geteuid() == 0 ? [] : ["-U", "--preserve-credentials"]
            return try Command.run(enter + user + ["sqlite3", disk + "/history.db", sql]).output
        }
        #expect(try tell().ending == .exited(0))
        #expect(try probe.sum("cardlink_apdu_commands_total") == Double(Self.count))
        #expect(try eventually(within: 20) { try probe.get("/health").body.contains("disk is full") })
        let health = try Command.run([Files.metrics, "health", "--url", "http://127.0.0.1:\(probe.port)"])
        #expect(health.output.contains("free some space on its disk"), "\(health.output)")

        try FileManager.default.removeItem(atPath: seen + "/ballast")
        #expect(try eventually(within: 20) { try !probe.get("/health").body.contains("disk is full") })
        #expect(
            try eventually(within: 20) {
                // The opening of their session, an hour before, is the first to go where they come faster than a second.
                let rows = try ask(
                    """
                    SELECT count(*) + (SELECT count(*) FROM sessions
                        WHERE started_at < (SELECT min(started_at) FROM apdus)) FROM apdus
                    """)
                let dropped = try probe.sum("cardlink_export_dropped_total", #"exporter="store""#)
                return (Double(rows.filter { $0 != "\n" }) ?? 0) + dropped == Double(Self.count + 1)
            })
        #expect(try ask("PRAGMA integrity_check") == "ok\n")
        #expect(try probe.stop().ending == .exited(0))
    }

    /// One program's session, with commands that have a response each.
    static func events(count: Int) throws -> String {
        let client = ClientProcess(id: 9, pid: 4_711, program: "tester")
        func stamp(_ number: Int) -> EventStamp {
            EventStamp(
                source: .shim, startNanoseconds: 1_000_000_000 + UInt64(number) * 1_000, durationNanoseconds: 500,
                wallNanoseconds: EventClock.now.wallNanoseconds)
        }
        var opening = stamp(0)
        opening.wallNanoseconds -= 3_600_000_000_000
        var told: [ProbeEvent] = [
            .sessionOpened(
                ReaderSessionOpened(
                    stamp: opening, client: client, session: 1, reader: "R", sessionProtocol: .t1, shareMode: 2))
        ]
        for number in 0..<count {
            told.append(
                .apdu(
                    APDUExchange(
                        stamp: stamp(number), client: client, thread: 1, session: 1, reader: "R", interface: .pcsc,
                        sessionProtocol: .t1, name: .select,
                        command: [0x00, 0xA4, 0x04, 0x04, 0x07, 0xA0, 0, 0, 0, 0x87, 0x10, 0x02],
                        response: HexBytes([UInt8](repeating: 0x61, count: 60) + [0x90, 0x00]), isCut: false,
                        resultCode: 0, waitNanoseconds: 0, isWaitExact: true)))
        }
        return try told.map { String(decoding: try EventLine.encode($0), as: UTF8.self) + "\n" }.joined()
    }
}
