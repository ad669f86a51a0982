import Foundation
import ProbeEvents
import SmartCard
import TestSupport
import Testing

@testable import Taps

/// One session, as several programs wrote it down.
@Suite struct LogReaderTests {
    /// What the card's own log has of it.
    static let session = [
        "00A40004023F00 612B", "00A40004022FE2 6119", "00B000000A 988812010000000000F39000",
        "00200001083132333435363738 6984", "80D8018113010160108A1B2C3D4E5F60718293A4B5C6D7E8 6D00", "00FF000000 6D00",
        "00A40004021234 6A82",
    ]

    static func sample(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(filePath: "\(Files.package)/Tests/Captures/replay/\(name)")))
    }

    @Test(arguments: [
        ("pcscd.log", LogFormat.pcscd), ("pcsc-spy.log", .spy), ("opensc.log", .openSC), ("apdu4j.log", .apdu4j),
        ("pysim.log", .hex), ("scriptor.log", .hex), ("commands.txt", .hex), ("session.pcapng", .capture),
        ("gp.log", .apdu4j), ("pysim-read.log", .hex), ("pysim-shell.log", .hex), ("pysim-trace.log", .hex),
    ])
    func aFormatIsRecognised(name: String, format: LogFormat) throws {
        let log = try Self.sample(name)
        #expect(log.withUnsafeBytes { LogFormat(recognising: $0) } == format)
        // In the midst of other lines, too.
        guard format != .capture else { return }
        let mixed = Array("Nov 29 23:15:39 host systemd[1]: Started\n\nready to be used, 100 %\n".utf8) + log
        #expect(mixed.withUnsafeBytes { LogFormat(recognising: $0) } == format)
    }

    @Test(arguments: ["hello\nworld\n", "", "\u{0}\u{1}\n", "facade\n"])
    func whatIsNoLogIsNone(text: String) {
        #expect(Array(text.utf8).withUnsafeBytes { LogFormat(recognising: $0) } == nil)
    }

    @Test(arguments: ["pcscd.log", "pcsc-spy.log", "opensc.log", "apdu4j.log", "pysim.log", "scriptor.log"])
    func allExchangesAreRead(name: String) throws {
        let read = try ReadLog(Self.sample(name))
        #expect(read.exchanges.map(words) == Self.session)
        #expect(
            read.exchanges.map(\.name.name) == [
                "SELECT", "SELECT", "READ BINARY", "VERIFY", "PUT KEY", "OTHER", "SELECT",
            ])
        #expect(read.faults == [])
        #expect(read.account.unread == 0 && read.account.unanswered == 0)
        let isTimed = !["pysim.log", "scriptor.log"].contains(name)
        #expect(read.exchanges.allSatisfy { $0.isTimed == isTimed })
        #expect(read.exchanges.allSatisfy { ($0.stamp.durationNanoseconds > 0) == isTimed || name == "opensc.log" })
    }

    private func words(_ exchange: APDUExchange) -> String { "\(exchange.command) \(exchange.response)" }

    @Test func timesAreThoseOfTheLog() throws {
        func durations(_ name: String) throws -> [UInt64] {
            try ReadLog(Self.sample(name)).exchanges.map { $0.stamp.durationNanoseconds / 1_000 }
        }
        #expect(try durations("pcscd.log") == pcscdMicroseconds())
        #expect(try durations("apdu4j.log") == [2_000, 3_000, 4_000, 5_000, 6_000, 7_000, 8_000])
        let spy = try ReadLog(Self.sample("pcsc-spy.log")).exchanges
        // Seconds since 1970 in the dump.
        #expect(spy.allSatisfy { $0.stamp.wallNanoseconds / 1_000_000_000 == 1_795_995_985 })
    }

    /// By awk's own arithmetic: what stands before `SW:`, and what lines between it and `APDU:` add.
    private func pcscdMicroseconds() throws -> [UInt64] {
        let path = "\(Files.package)/Tests/Captures/replay/pcscd.log"
        let script = "{ sum += $1 } $2 == \"APDU:\" { begin = sum } $2 == \"SW:\" { print sum - begin }"
        return try Command.run(["awk", script, path]).output.split(separator: "\n").compactMap { UInt64($0) }
    }

    @Test func aCaptureIsReadWithItsNotes() throws {
        let read = try ReadLog(Self.sample("session.pcapng"))
        #expect(read.exchanges.map { "\($0.response)".suffix(4) } == Self.session.map { $0.suffix(4) })
        #expect(
            read.exchanges.map(\.stamp.durationNanoseconds) == [
                2_229_836, 372_389, 303_255, 306_380, 288_503, 378_788, 293_000,
            ])
        #expect(Set(read.exchanges.map(\.client.program)) == ["opensc-tool"])
        #expect(Set(read.exchanges.map(\.reader)) == ["Virtual PCD 00 00"])
        #expect(read.faults == [])
    }

    /// libpcscspy has all that the probe's own tap has.
    @Test func aDumpOfEveryCallHasSessionsAndOperations() throws {
        let read = try ReadLog(Self.sample("pcsc-spy.log"))
        var counts: [String: Int] = [:]
        var sessions: [String] = []
        for event in read.events {
            switch event {
            case .operation(let call): counts[call.operation.name, default: 0] += 1
            case .sessionOpened(let opened): sessions.append("+\(opened.session) \(opened.reader)")
            case .sessionClosed(let closed): sessions.append("-\(closed.session) \(closed.status.name)")
            default: break
            }
        }
        #expect(
            counts == [
                "connect": 3, "disconnect": 3, "begin_transaction": 7, "end_transaction": 7, "control": 2,
                "wait_for_change": 5, "establish_context": 1, "release_context": 1, "list_readers": 2,
            ])
        #expect(
            sessions == [
                "+1 Virtual PCD 00 00", "-1 completed", "+2 Virtual PCD 00 01", "-2 completed", "+3 Virtual PCD 00 00",
                "-3 completed",
            ])
    }

    @Test func commandsAloneAreToldWithoutAnswers() throws {
        let read = try ReadLog(Self.sample("commands.txt"))
        #expect(read.exchanges.map { "\($0.command)" } == Self.session.map { String($0.split(separator: " ")[0]) })
        #expect(read.exchanges.allSatisfy { !$0.isAnswerKnown && !$0.isTimed })
        #expect(read.account.unanswered == 7 && read.account.unread == 0 && read.faults == [])
    }

    // MARK: Rows

    /// Lines, and what they tell: exchanges, then faults by line.
    @Test(arguments: [
        // Other forms of the same.
        (
            LogFormat.pcscd,
            "Nov 29 23:15:39 h pcscd[12]: 00000002 APDU: 00 B0 00 00 01 \nNov 29 23:15:39 h pcscd[12]: 00000009 SW: 07 90 00 \n",
            ["00B0000001 079000"], []
        ),
        (
            .pcscd,
            "\u{1B}[90m00000002\u{1B}[0m [140187] APDU: 00 B0 00 00 01 \u{1B}[0m\r\n00000003 [140188] APDU: 00 A4 00 00 \n00000009 [140188] SW: 90 00 \n00000001 [140187] SW: 07 90 00 \n",
            ["00A40000 9000", "00B0000001 079000"], []
        ),
        (.hex, "00a4000402 3f00\n9000\n", ["00A40004023F00 9000"], []),
        (
            .hex, "APDU: 00A40004023F00 SW: 9000\n00B0000001 -> 079000\n",
            ["00A40004023F00 9000", "00B0000001 079000"], []
        ),
        (.hex, "# Sent\n00B0000004\n# Received in 3ms\n010203049000\n", ["00B0000004 010203049000"], []),
        (.hex, "INFO: -> 00a4000402 3f00\nINFO: <- 612b: \n", ["00A40004023F00 612B"], []),
        // What pySim sent, and then what was meant; digits of its own words are neither.
        (
            .hex,
            """
            pySim.transport.304 -- DEBUG: T0: case #4 TPDU: 00a40004022fe2 => (no data) 6102
            pySim.transport.345 -- DEBUG: T0: GET RESPONSE TPDU: 00c0000002 => 6200 9000
            pySim.transport.49 -- INFO: -> 00a4000402 2fe200
            pySim.transport.50 -- INFO: <- 9000: 6200
            -> 00b0000002
            <- 9000: 0102
            080910100000000010
            SW: 9000, RESP: 0102

            """, ["00A40004022FE2 6102", "00C0000002 62009000", "00B0000002 01029000"], []
        ),
        (
            .hex, "INFO: T0: case #2 TPDU: 00b0000002 => (no data) (no status word)\n", ["00B0000002 "],
            ["1 no whole answer"]
        ),
        (
            .apdu4j,
            "# SCardConnect(\"R\", T=*) -> T=1, 3B800181\nA#1>> T=1 (4+0000) 01B00000 01\nA#1<< (0001+2) (3ms) 07 9000\n",
            ["01B0000001 079000"], []
        ),
        (.hex, "apdu --expect-sw 9000 00A40004023F00\n<- 9000:\n", ["00A40004023F00 9000"], []),
        (.apdu4j, "B>> T=1 (5) 00B0000001\nB<< (3) 079000\n", ["00B0000001 079000"], []),
        (.openSC, "Outgoing APDU (1 byte):\n00 .\n\nIncoming APDU (2 bytes):\n6F 00 o.\n", ["00 6F00"], []),
        // What is cut off, or of nothing.
        (
            .pcscd, "00000002 APDU: 00 B0 00 00 0\n00000009 SW: 07 90 00 \n", [],
            ["1 no whole command behind APDU:", "2 an answer without its command"]
        ),
        (
            .pcscd, "00000002 APDU: 00 B0 00 00 01 \n00000009 SW: 07 9", ["00B0000001 "],
            ["2 no whole answer behind SW:"]
        ),
        (
            .pcscd, "00000002 APDU: 00 B0 00 00 01 \n00000009 APDU: 00 A4 00 00 \n00000001 SW: 90 00 \n",
            ["00B0000001 ", "00A40000 9000"], ["1 a command without its answer"]
        ),
        (
            .openSC, "Outgoing APDU (20 bytes):\n00 A4 00 00 ....\n\nIncoming APDU (2 bytes):\n90 00 ..\n", [],
            ["1 fewer bytes than it says", "4 an answer without its command"]
        ),
        (.openSC, "Outgoing APDU (x bytes):\n", [], ["1 no number of bytes"]),
        (
            .spy,
            "7F@>|1|2|SCardTransmit\n7F@0x00000001\n7F@0x00000005\n7F@00 B0 00 00 01 \n7F@>|1|4|SCardDisconnect\n",
            ["00B0000001 "], ["1 a call that cannot be read to its end", "5 a call that cannot be read to its end"]
        ),
        (
            .spy,
            "7F@>|1|2|SCardTransmit\n7F@0x00000001\n7F@0x00000006\n7F@00 B0 00 00 01 \n7F@<|1|4|SCardTransmit|x|0x00000000\n",
            [], ["5 a call that cannot be read to its end"]
        ),
        (.apdu4j, "A>> T=1 (4+0000) 00B00000 01\nA<< (0001+2) (3ms) 07 90\n", ["00B0000001 "], ["2 no whole answer"]),
        (.hex, "> 00A40004023F0\n", [], ["1 no whole command"]),
        (.hex, "< 9000\n", [], ["1 an answer without its command"]),
    ])
    func rows(format: LogFormat, text: String, exchanges: [String], faults: [String]) {
        let read = ReadLog(Array(text.utf8), as: format)
        #expect(read.exchanges.map(words) == exchanges)
        #expect(read.faults == faults)
        #expect(read.account.unread == UInt64(faults.count))
        #expect(read.account.commands == UInt64(exchanges.count))
    }

    /// A call that failed has no answer, whatever lies in the buffer.
    @Test func aFailedCallHasItsCode() {
        let text = """
            7F@>|1|2|SCardTransmit
            7F@0x00000001
            7F@0x00000005
            7F@00 B0 00 00 01\u{20}
            7F@0x00000102
            7F@31 32 33 34\u{20}
            7F@<|1|4|SCardTransmit|Card was removed.|0x80100069

            """
        let read = ReadLog(Array(text.utf8), as: .spy, redacting: .captureFiles)
        #expect(read.exchanges.map(\.resultCode) == [0x8010_0069])
        #expect(read.exchanges.map(\.response) == [[]])
        #expect(String(decoding: read.redacted, as: UTF8.self) == text.replacing("31 32 33 34", with: "00 00 00 00"))
    }

    // MARK: Bounds

    /// Cut at any place, nothing is told that the whole does not have, and nothing twice.
    @Test(arguments: [
        "pcscd.log", "pcsc-spy.log", "opensc.log", "apdu4j.log", "pysim.log", "scriptor.log", "session.pcapng",
    ])
    func aLogMayEndAnywhere(name: String) throws {
        let log = try Self.sample(name)
        let format = try #require(log.withUnsafeBytes { LogFormat(recognising: $0) })
        let whole = ReadLog(log, as: format).exchanges.map(words)
        for end in stride(from: 0, to: log.count, by: name.hasSuffix(".log") ? 97 : 13) {
            let read = ReadLog(Array(log[..<end]), as: format)
            let answered = read.exchanges.filter(\.isAnswerKnown).map(words)
            // pySim's data stands behind the status word, so that an answer may be whole without it.
            #expect(answered.dropLast() == whole.prefix(max(0, answered.count - 1)))
            #expect(read.exchanges.count - answered.count <= 1)
            if answered.last != whole[max(0, min(whole.count, answered.count) - 1)], !answered.isEmpty {
                #expect(name == "pysim.log" || name == "scriptor.log" || name == "apdu4j.log")
            }
        }
    }

    /// It makes no difference in which pieces a log comes.
    @Test(arguments: [
        "pcscd.log", "pcsc-spy.log", "opensc.log", "scriptor.log", "session.pcapng", "gp.log", "pysim-read.log",
    ])
    func piecesMakeNoDifference(name: String) throws {
        let log = try Self.sample(name)
        let format = try #require(log.withUnsafeBytes { LogFormat(recognising: $0) })
        let whole = ReadLog(log, as: format, redacting: .capture)
        for size in [1, 7, 64, 1_000] {
            let read = ReadLog(log, as: format, redacting: .capture, piece: size)
            #expect(read.exchanges.map(words) == whole.exchanges.map(words))
            #expect(read.redacted == whole.redacted)
            #expect(read.account == whole.account)
        }
    }

    @Test func aLineWithoutEndIsToldOnceAndNotKept() {
        let line = [UInt8](repeating: UInt8(ascii: "3"), count: LogLines.longestBytes * 3 + 5)
        let log =
            Array("00000001 APDU: ".utf8) + line + Array("\n00000001 APDU: 00 A4 00 00 \n00000001 SW: 90 00 \n".utf8)
        let read = ReadLog(log, as: .pcscd, redacting: .capture, piece: 10_000)
        #expect(read.faults == ["1 a line of more than 524288 bytes"])
        #expect(read.exchanges.map(words) == ["00A40000 9000"])
        #expect(read.redacted.count == log.count)
        #expect(!read.redacted.contains(UInt8(ascii: "3")))
    }

    /// Any bytes are read to their end, and none are lost or added.
    @Test(arguments: LogFormat.allCases.filter { $0 != .events && $0 != .junit })
    func anyBytesAreRead(format: LogFormat) throws {
        var random = SeededGenerator(seed: 11)
        let samples = try ["pcscd.log", "pcsc-spy.log", "opensc.log", "apdu4j.log", "pysim.log", "session.pcapng"].map(
            Self.sample)
        for _ in 0..<40 {
            var log = samples.randomElement(using: &random) ?? []
            log = Array(log.prefix(6_000))
            for _ in 0..<20 {
                let place = Int.random(in: 0..<log.count, using: &random)
                log[place] = UInt8.random(in: .min ... .max, using: &random)
            }
            let read = ReadLog(log, as: format, redacting: .capture, piece: 777)
            #expect(format == .capture || read.redacted.count == log.count)
        }
    }
}

/// What came of a log that was read.
struct ReadLog {
    var events: [ProbeEvent] = []
    var faults: [String] = []
    var redacted: [UInt8] = []
    var account: LogAccount
    var cuts: LogCuts

    var exchanges: [APDUExchange] {
        events.compactMap { if case .apdu(let exchange) = $0 { exchange } else { nil } }
    }

    init(_ log: [UInt8]) throws {
        let format = try #require(log.withUnsafeBytes { LogFormat(recognising: $0) })
        self.init(log, as: format)
    }

    init(_ log: [UInt8], as format: LogFormat, redacting level: Redaction.Level? = nil, piece: Int = 1 << 20) {
        let client = ClientProcess(id: 1 << 32, pid: 0, program: "log")
        guard let reader = format.reader(client: client, redacting: level) else {
            preconditionFailure("no log of lines or packets")
        }
        var news: [LogNews] = stride(from: 0, to: log.count, by: piece).map { start in
            log[start..<min(start + piece, log.count)].withUnsafeBytes { reader.received($0) }
        }
        news.append(reader.ended())
        for part in news {
            events += part.events
            faults += part.faults.map { "\($0.line) \($0.error)" }
            redacted += part.redacted
        }
        (account, cuts) = (reader.account, reader.cuts)
    }
}
