import Foundation
import TestSupport
import Testing

/// Programs that nobody here wrote, on a real pcscd; the card's log, pcscd's log and the client must say the same.
@Suite(.serialized) struct RealClientTests {
    static let clients: [(name: String, command: [String], leastCommands: Int, says: String)] = [
        (
            "opensc-tool -a", ["opensc-tool", "-a"], 0,
            "3b:9f:96:80:1f:87:80:31:e0:73:fe:21:1b:67:4a:4c:75:30:34:05:4b:a9"
        ),
        ("opensc-tool -l", ["opensc-tool", "-l"], 0, "0    Yes             Virtual PCD 00 00"),
        ("opensc-tool -n", ["opensc-tool", "-n"], 20, "Unsupported card"),
        (
            "opensc-tool -s", ["opensc-tool", "-s", "00A4000C022FE2", "-s", "00B000000A"], 2,
            "98 88 12 01 00 00 00 00 00 F3"
        ),
        ("pcsc_scan -r", ["pcsc_scan", "-r"], 0, "0: Virtual PCD 00 00"),
        ("pcsc_scan -t", ["pcsc_scan", "-t", "1"], 0, "+ TCK = A9 (correct checksum)"),
        ("pyscard", [Files.python, "-c", pyscard], 9, "0809101000000000109000"),
        ("Java", ["java", Files.client("Card.java")], 43, "EF.ICCID 988812010000000000F3"),
        ("scriptor", ["scriptor", Files.client("commands.txt")], 8, "< 98 88 12 01 00 00 00 00 00 F3 90 00"),
    ]

    @Test(arguments: clients)
    func sees(_ name: String, _ command: [String], _ leastCommands: Int, _ says: String) throws {
        let folder = try TemporaryFolder()
        let bench = try BenchProcess.bench([], command, folder: folder)
        #expect(try bench.end() == 0, "\(name) is needed, see Tests/run: \(bench.errors)")
        #expect(bench.output.contains(says))
        #expect(bench.cardLog.lines.count >= leastCommands)
        #expect(bench.cardLog.exchanges == bench.pcscdLog.exchanges)
        #expect(eventually { bench.isGone && bench.left.isEmpty }, "left: \(bench.left)")
    }

    @Test func theCardsLogIsWhatTheClientSaw() throws {
        let folder = try TemporaryFolder()
        let bench = try BenchProcess.bench([], ["scriptor", Files.client("commands.txt")], folder: folder)
        #expect(try bench.end() == 0)
        // a command after ">"; an answer after "<", over several lines, up to a colon
        var seen: [String] = []
        for part in bench.output.split(separator: "\n> ").dropFirst() {
            let sides = part.split(separator: "\n< ").map { $0.prefix { $0 != ":" }.filter(\.isHexDigit) }
            seen.append(sides.joined(separator: " -> "))
        }
        #expect(seen == bench.cardLog.exchanges)
        #expect(seen.count == 8)
    }

    @Test func twoClientsAtOnceAreBothInTheLog() throws {
        let folder = try TemporaryFolder()
        let script =
            "opensc-tool -s 00A4000C022FE2 >/dev/null & opensc-tool -r 2 -s 00A4000C022F00 >/dev/null; wait"
        let bench = try BenchProcess.bench(["--readers", "3"], ["sh", "-c", script], folder: folder)
        #expect(try bench.end() == 0)
        let lines = bench.cardLog.lines
        #expect(lines.map(\.command).sorted() == bench.pcscdLog.commands.sorted())
        #expect(lines.map(\.response).sorted() == bench.pcscdLog.responses.sorted())
        #expect(Set(lines.map(\.reader)).count == 2)
    }

    /// Reads EF.DIR, selects the application it names, then EF.IMSI, as pySim does.
    private static let pyscard = """
        from smartcard.System import readers
        card = readers()[0].createConnection()
        card.connect()
        def send(command):
            data, sw1, sw2 = card.transmit(list(bytes.fromhex(command)))
            if sw1 == 0x61:
                return send("00C00000%02X" % sw2)
            if sw1 == 0x6C:
                return send(command[:8] + "%02X" % sw2)
            return bytes(data) + bytes([sw1, sw2])
        send("00A40004022F00")
        record = send("00B2010400")
        name = record[4:4 + record[3]].hex()
        send("00A40404%02X%s" % (len(name) // 2, name))
        send("00A40004026F07")
        print(send("00B0000009").hex().upper())
        """
}
