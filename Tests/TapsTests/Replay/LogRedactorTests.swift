import Foundation
import ProbeEvents
import SmartCard
import TestSupport
import Testing

@testable import Taps

/// What is cut out of a log, and that nothing else is.
@Suite struct LogRedactorTests {
    /// In the samples: the PIN of VERIFY, the key of PUT KEY, what READ BINARY answered.
    private static let pin = "3132333435363738"
    private static let secrets = [pin, "8A1B2C3D4E5F60718293A4B5C6D7E8", "988812010000000000F3"]

    /// Whether four bytes of a secret in a row are there in hex, in whichever spelling, or six as they are.
    private func isIn(_ log: [UInt8], _ secret: String) -> Bool {
        let bytes = hex(secret)
        let text = String(decoding: log, as: UTF8.self).uppercased()
        func parts(_ length: Int) -> [[UInt8]] {
            (0...(bytes.count - length)).map { Array(bytes[$0..<($0 + length)]) }.filter {
                $0.filter { $0 == 0 }.count < 3
            }
        }
        let isInHex = parts(4).contains { part in
            let digits = part.map { String(Int($0) + 0x100, radix: 16, uppercase: true).suffix(2) }
            return text.contains(digits.joined()) || text.contains(digits.joined(separator: " "))
        }
        return isInHex || parts(6).contains { Data(log).range(of: Data($0)) != nil }
    }

    @Test(arguments: [
        ("pcscd.log", 3), ("pcsc-spy.log", 3), ("opensc.log", 3), ("apdu4j.log", 3), ("pysim.log", 3),
        ("scriptor.log", 3),
        ("commands.txt", 2),
    ])
    func noSecretStaysAndAllElseDoes(name: String, commands: Int) throws {
        let log = try LogReaderTests.sample(name)
        let format = try #require(log.withUnsafeBytes { LogFormat(recognising: $0) })
        let read = ReadLog(log, as: format, redacting: .capture)
        #expect(read.redacted.count == log.count)
        for secret in Self.secrets.prefix(commands) {
            #expect(isIn(log, secret), "the sample has no \(secret)")
            #expect(!isIn(read.redacted, secret), "\(secret)")
        }
        #expect(
            read.cuts.commands.keys.map(\.name).sorted()
                == ["PUT KEY", "READ BINARY", "VERIFY"].filter { commands == 3 || $0 != "READ BINARY" })
        // What differs are digits that became 0, and letters that became dots.
        var changed = 0
        for (before, after) in zip(log, read.redacted) where before != after {
            #expect(after == UInt8(ascii: "0") && HexDigit.value(before) != nil || after == UInt8(ascii: "."))
            changed += 1
        }
        let lines = zip(log.split(separator: 10), read.redacted.split(separator: 10)).filter { $0 != $1 }.count
        #expect(changed > 0 && lines <= (name == "scriptor.log" ? 5 : name == "opensc.log" ? 5 : 3))
        // Once more changes nothing, and tells the same of the session.
        let again = ReadLog(read.redacted, as: format, redacting: .capture)
        #expect(again.redacted == read.redacted)
        #expect(again.cuts.isNothing)
        #expect(again.exchanges.map(\.name) == read.exchanges.map(\.name))
        #expect(again.exchanges.map(\.statusWord) == read.exchanges.map(\.statusWord))
    }

    /// What programs say of a command in their own words, once more, and what they make of it.
    @Test(arguments: [
        ("gp.log", [pin, "8A1B2C3D4E5F60718293A4B5C6D7E8", "988812010000000000F3"]),
        ("pysim-read.log", ["988812010000000000F3", "080910100000000010", "8988211000000000003", "001010000000001"]),
        ("pysim-shell.log", [pin, "988812010000000000F3", "080910100000000010", "001010000000001"]),
    ])
    func noSecretStaysInWhatProgramsSay(name: String, secrets: [String]) throws {
        let log = try LogReaderTests.sample(name)
        let format = try #require(log.withUnsafeBytes { LogFormat(recognising: $0) })
        let read = ReadLog(log, as: format, redacting: .capture)
        #expect(read.redacted.count == log.count)
        for secret in secrets {
            #expect(String(decoding: log, as: UTF8.self).uppercased().contains(secret), "the sample has no \(secret)")
            #expect(!String(decoding: read.redacted, as: UTF8.self).uppercased().contains(secret), "\(secret)")
        }
        let again = ReadLog(read.redacted, as: format, redacting: .capture)
        #expect(again.redacted == read.redacted && again.cuts.isNothing)
        #expect(again.exchanges.map(\.statusWord) == read.exchanges.map(\.statusWord))
        // A command that is told twice is counted once.
        let reads = read.exchanges.count { $0.name.name == "READ BINARY" && $0.response.bytes.count > 2 }
        #expect(read.cuts.commands.first { $0.key.name == "READ BINARY" }?.value ?? 0 <= reads)
    }

    /// A log that was cut at its begin or end, in the midst of a secret, too.
    @Test(arguments: ["pcscd.log", "pcsc-spy.log", "opensc.log", "apdu4j.log", "scriptor.log"])
    func noSecretStaysInAPart(name: String) throws {
        let log = try LogReaderTests.sample(name)
        let format = try #require(log.withUnsafeBytes { LogFormat(recognising: $0) })
        let text = String(decoding: log, as: UTF8.self)
        let digits = Self.pin.enumerated().map { $0 > 0 && $0 % 2 == 0 ? " \($1)" : "\($1)" }.joined()
        let found = try #require(text.range(of: digits) ?? text.range(of: Self.pin))
        let start = text.utf8.distance(from: text.startIndex, to: found.lowerBound)
        for place in (start - 20)...(start + 30) {
            let end = ReadLog(Array(log[..<place]), as: format, redacting: .capture).redacted
            #expect(!isIn(end, Self.pin), "the end before \(place)")
            let begin = ReadLog(Array(log[place...]), as: format, redacting: .capture).redacted
            #expect(!isIn(begin, Self.pin), "the begin at \(place)")
            #expect(begin.count == log.count - place && end.count == place)
        }
    }

    /// Lines of other programs in the midst of a log.
    @Test(arguments: [
        (LogFormat.pcscd, "00000005 TxBuffer 31 32 33 34 \n", "00000005 TxBuffer 00 00 00 00 \n"),
        (
            .pcscd, "00000005 -> 000000 6F 0D 00 00 00 00 06 31 32 33 34 \n",
            "00000005 -> 000000 00 00 00 00 00 00 00 00 00 00 00 \n"
        ),
        (
            .pcscd, "00000005 Card ATR: 3B 9F 96 80 1F 87 80 31 E0 73 \n",
            "00000005 Card ATR: 3B 9F 96 80 1F 87 80 31 E0 73 \n"
        ),
        (
            .pcscd, "00000005 winscard.c:1596:SCardTransmit() Send Protocol: T=0\n",
            "00000005 winscard.c:1596:SCardTransmit() Send Protocol: T=0\n"
        ),
        (.pcscd, "key=404142434445464748494A4B4C4D4E4F\n", "key=00000000000000000000000000000000\n"),
        (
            .apdu4j, "SCardControl(\"R\", 0x42000D48, 31323334) -> 313233\n",
            "SCardControl(\"R\", 0x42000D48, 00000000) -> 000000\n"
        ),
        (
            .apdu4j, "# KEY 404142434445464748494A4B4C4D4E4F (KCV: 8BAF47)\n",
            "# KEY 00000000000000000000000000000000 (KCV: 8BAF47)\n"
        ),
        (
            .openSC,
            "some data (18 bytes):\n31 32 33 34 35 36 37 38 31 32 33 34 35 36 37 38 1234567812345678\n39 30                                           90\n",
            "some data (18 bytes):\n00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 ................\n00 00                                           ..\n"
        ),
        (
            .spy,
            "7F@>|1|2|SCardGetAttrib\n7F@0x00000001\n7F@0x00010100\n7F@31 32 33 34 \n7F@<|1|4|SCardGetAttrib|x|0x00000000\n",
            "7F@>|1|2|SCardGetAttrib\n7F@0x00000001\n7F@0x00010100\n7F@00 00 00 00 \n7F@<|1|4|SCardGetAttrib|x|0x00000000\n"
        ),
    ])
    func otherLines(format: LogFormat, line: String, expected: String) {
        // Not the first line, which may be anything.
        let read = ReadLog(Array("x\n\(line)".utf8), as: format, redacting: .capture)
        let first = format == .openSC ? ".\n" : "x\n"
        #expect(String(decoding: read.redacted, as: UTF8.self) == first + expected)
    }

    /// A capture that still has secrets: of another program's, without the probe's notes.
    @Test func packetsLoseTheirSecretsAndNothingElse() throws {
        var file: [UInt8] = [
            0xD4, 0xC3, 0xB2, 0xA1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 228, 0, 0, 0,
        ]
        func add(_ payload: String) {
            let gsmtap = [2, 4, 4] + [UInt8](repeating: 0, count: 13) + hex(payload)
            let length = 28 + gsmtap.count
            let ip: [UInt8] = [0x45, 0, 0, UInt8(length), 0, 0, 0, 0, 64, 17, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1]
            let udp: [UInt8] = [0x12, 0x79, 0x12, 0x79, 0, UInt8(length - 20), 0, 0]
            file += [1, 0, 0, 0, 2, 0, 0, 0, UInt8(length), 0, 0, 0, UInt8(length), 0, 0, 0] + ip + udp + gsmtap
        }
        for exchange in LogReaderTests.session { add(exchange.replacing(" ", with: "")) }
        let read = ReadLog(file, as: .capture, redacting: .capture, piece: 50)
        #expect(read.exchanges.map { "\($0.command) \($0.response)" } == LogReaderTests.session)
        #expect(read.exchanges.allSatisfy { !$0.isTimed })
        #expect(read.redacted.count == file.count)
        for secret in Self.secrets {
            #expect(isIn(file, secret))
            #expect(!isIn(read.redacted, secret))
        }
        #expect(zip(file, read.redacted).filter { $0 != $1 }.count == 8 + 18 + 6)
        #expect(read.cuts.bytes == 32)
        let again = ReadLog(read.redacted, as: .capture)
        #expect(again.exchanges.map(\.statusWord) == read.exchanges.map(\.statusWord))
    }

    @Test func eventsLoseTheirSecretsToo() throws {
        let line =
            #"{"client":{"id":1,"pid":2,"program":"p"},"command":"00200001083132333435363738","event":"apdu","interface":"pcsc","is_cut":false,"is_wait_exact":true,"name":"VERIFY","reader":"R","response":"9000","result_code":0,"session":1,"session_protocol":"T1","stamp":{"duration_nanoseconds":1,"source":"tester_socket","start_nanoseconds":1,"wall_nanoseconds":1},"thread":1,"v":1,"wait_nanoseconds":0}"#
            + "\n"
        var redactor = EventRedactor(level: .capture)
        let log = Array((line + "no event\n" + line.replacing("\"3", with: "\"\\u0033")).utf8)
        let redacted = log.withUnsafeBytes { redactor.received($0) } + redactor.ended()
        let text = String(decoding: redacted, as: UTF8.self)
        let expected = line.replacing("3132333435363738", with: "0000000000000000") + "no event\n"
        #expect(text.hasPrefix(expected))
        #expect(!isIn(redacted, Self.pin))
        #expect(redacted.count == log.count)
    }
}
