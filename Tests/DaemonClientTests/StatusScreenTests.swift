import Observability
import TestSupport
import Testing

@testable import DaemonClient

/// What `status` shows, and that it stays inside of its window.
@Suite struct StatusScreenTests {
    private static func lines(
        _ status: BenchStatus, _ columns: Int, _ height: Int? = nil, isColoured: Bool = false, rates: [Double] = []
    ) -> [String] {
        StatusScreen(status, columns: columns, height: height, isColoured: isColoured, rates: rates).lines
    }

    @Test func isWhole() {
        let lines = Self.lines(StatusExample.whole, 100)
        for part in [
            " bench-7 · lab 2   degraded", "up 3 h 12 min   03:04:05Z", "disk space  / is 93% full; make room",
            "124.4/s   0.4% failing   12345 commands   2 errors   44 probing   3 expected", "3 events lost",
            "shim ok 12345",
            "modem impaired 0, 3 dropped", "modem  /dev/ttyUSB2 is held by ModemManager", "card, UICC, in use",
            "unplugged", "SIM ready, home, CardLink Test, eutran, rsrp -97 dBm", "unauthorized", "SELECT",
            "3.1 ms", "9.8 ms", "545 ms", "97%", "opensc-tool (4711)", "tcp 443 over packet", "  link dropped  ",
            "5.00 s",
            "! ACS ACR39U ICC Reader 00 00  contact 82%: 5 communication, 3 mute in 10 min; turn and clean",
            "SELECT takes 140% longer than usual and got 38% unusual answers",
            "EXPLAIN   2026-01-02T03-04-03.250Z-card-acs-acr39u.ndjson",
            " scp81         left · ota ", " client gone  6.00 s  0.50 s envelope to open channel",
            "03:04:03  card", "READ BINARY: 6F00, no precise diagnosis", "×3",
        ] { #expect(lines.contains { $0.contains(part) }, "\(part)") }
    }

    @Test(arguments: [(40, 8), (60, 15), (80, 24), (100, 30), (149, 40), (150, 24), (200, 50), (400, 100)])
    func staysInside(columns: Int, height: Int) {
        var status = StatusExample.whole
        status.bench.name = "a\u{1B}[2J\u{7}\nb測試測試"
        status.faults = Array(repeating: status.faults[0], count: 50)
        status.commands = Array(repeating: status.commands[0], count: 40)
        status.readers = Array(repeating: status.readers[0], count: 20)
        status.readers[0].name = String(repeating: "測", count: 300)
        for rates in [[], [1, 2, .nan, .infinity, -1]] {
            let lines = Self.lines(status, columns, height, rates: rates)
            #expect(lines.count <= height)
            for line in lines {
                #expect(SummaryLayout.width(of: line) <= columns, "\(line)")
                #expect(line.unicodeScalars.allSatisfy { $0.value >= 0x20 })
            }
            let painted = Self.lines(status, columns, height, isColoured: true, rates: rates)
            #expect(painted.map { $0.replacing(/\u{1B}\[[0-9]+m/, with: "").replacing(/[ ]+$/, with: "") } == lines)
        }
    }

    @Test func whatHasNoRoomIsCounted() {
        var status = StatusExample.whole
        status.commands = (1...40).map { number in
            var command = status.commands[0]
            command.command = "COMMAND \(number)"
            return command
        }
        let lines = Self.lines(status, 80, 24)
        let shown = lines.count { $0.contains(/COMMAND [0-9]/) }
        let rest = lines.compactMap { $0.firstMatch(of: /… ([0-9]+) more/)?.1 }.compactMap { Int($0) }
        #expect(rest.contains(40 - shown))
    }

    @Test func oddNumbersAreShown() {
        var status = StatusExample.whole
        status.traffic.errorRatio = .nan
        status.traffic.commandsPerSecond = .infinity
        status.commands[0].p50Seconds = -.infinity
        status.commands[0].share = .nan
        status.uptimeSeconds = .nan
        status.ota[0].ageSeconds = .nan
        status.ota[0].steps[1].seconds = .infinity
        status.time = "T"
        status.modems[0].signal = ["rsrp": .nan]
        #expect(!Self.lines(status, 80, 24).isEmpty)
    }

    @Test func barsEndWithTheLastBucketThatIsUsed() {
        var status = StatusExample.whole
        for index in status.commands.indices { status.commands[index].buckets = [3, 0, 9, 0, 0, 0] }
        #expect(Self.lines(status, 80).contains { $0.hasSuffix("  UP TO 500 µs") })
        #expect(Self.lines(status, 80).contains { $0.hasSuffix("  ▃ █") })
        status.commands[0].buckets[5] = 1
        #expect(Self.lines(status, 80).contains { $0.hasSuffix("  HOW LONG") })
    }

    @Test func whatIsNotKnownIsNotNamed() {
        var status = StatusExample.whole
        status.modems[0].sim = nil
        (status.modems[0].registration, status.modems[0].signal) = ([:], [:])
        (status.modems[0].operatorName, status.modems[0].technology) = (nil, nil)
        status.channels[0].bearer = "none"
        let lines = Self.lines(status, 100)
        #expect(lines.contains { $0.contains(/left \(EC25\) +answers/) })
        #expect(lines.contains { $0.contains(/tcp 443 +left/) })
    }

    @Test func anEmptyBenchSaysWhatComes() {
        #expect(Self.lines(StatusExample.empty, 80).last?.contains("cardlink-probe run") == true)
    }

    @Test func colourSaysWhatTheWordSays() {
        let painted = Self.lines(StatusExample.whole, 100, isColoured: true).joined(separator: "\n")
        for part in ["\u{1B}[33mdegraded", "\u{1B}[31munplugged", "\u{1B}[33mimpaired", "\u{1B}[32mok"] {
            #expect(painted.contains(part), "\(part)")
        }
    }

    @Test(
        arguments: [
            ([], ""), ([0, 0], "  "), ([1, 2, 4, 8], "▂▃▅█"), ([0.001, 8], "▁█"), ([.nan, -1, 8], "  █"),
        ] as [([Double], String)])
    func barsAreShares(numbers: [Double], text: String) {
        #expect(Sparkline.text(numbers) == text)
    }

    @Test func aDocumentComesBack() throws {
        let line = BenchDocument.line(StatusExample.whole)
        #expect(!line.contains("\n"))
        #expect(try BenchDocument.status(Array(line.utf8), from: "x").value == StatusExample.whole)
    }
}
