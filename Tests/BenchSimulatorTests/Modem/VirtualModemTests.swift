import Foundation
import TestSupport
import Testing

@testable import BenchSimulator

/// What the virtual modem says, byte for byte, and how its scripts change that.
@Suite struct VirtualModemTests {
    private static func modem(_ yaml: String = "") throws -> VirtualModem {
        VirtualModem(script: try ModemScriptReader.read(text: yaml, file: "test.yaml"))
    }

    /// All that goes out for a text, without its pauses.
    private static func said(_ modem: inout VirtualModem, _ text: String) -> String {
        let bytes = modem.received(text.utf8).flatMap(\.outputs).flatMap { output -> [UInt8] in
            if case .send(let bytes) = output.action { bytes } else { Array("<hang up>".utf8) }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test(arguments: [
        ("AT\r", "AT\r\r\nOK\r\n"), ("at\r", "at\r\r\nOK\r\n"), ("AT\r\n", "AT\r\r\nOK\r\n\n"),
        ("xAT\r", "xAT\r\r\nOK\r\n"),
        ("nonsense\r", "nonsense\r"), ("AT+UNKNOWN\r", "AT+UNKNOWN\r\r\nERROR\r\n"),
        ("ATE0\rAT\r", "ATE0\r\r\nOK\r\n\r\nOK\r\n"), ("ATE0V0\rAT\rAT+X\r", "ATE0V0\r0\r0\r4\r"),
        ("AT+CSQ;+CGATT?\r", "AT+CSQ;+CGATT?\r\r\n+CSQ: 20,99\r\n\r\n+CGATT: 1\r\n\r\nOK\r\n"),
        ("AT+CSQ;+X;+CSQ\r", "AT+CSQ;+X;+CSQ\r\r\n+CSQ: 20,99\r\n\r\nERROR\r\n"),
        ("AT+CREG=2;+CREG?\r", "AT+CREG=2;+CREG?\r\r\n+CREG: 2,1,\"00C3\",\"0345103\",7\r\n\r\nOK\r\n"),
        ("AT+CMGS=5\rab\u{1A}", "AT+CMGS=5\r\r\n> ab\u{1A}\r\n+CMGS: 1\r\n\r\nOK\r\n"),
        ("AT+CMGS=5\rab\u{1B}", "AT+CMGS=5\r\r\n> ab\u{1B}\r\nOK\r\n"),
        ("AT+CPIN?\r", "AT+CPIN?\r\r\n+CPIN: READY\r\n\r\nOK\r\n"), ("ATD123\r", "ATD123\r\r\nNO CARRIER\r\n"),
    ])
    func answers(text: String, said: String) throws {
        var modem = try Self.modem()
        #expect(Self.said(&modem, text) == said)
        var slow = try Self.modem()
        #expect(text.utf8.map { Self.said(&slow, String(UnicodeScalar($0))) }.joined() == said)
    }

    @Test func errorsByTheirMode() throws {
        var modem = try Self.modem("{ card: none, echo: false }")
        #expect(Self.said(&modem, "AT+CPIN?\r") == "\r\nERROR\r\n")
        #expect(Self.said(&modem, "AT+CMEE=1\rAT+CPIN?\r") == "\r\nOK\r\n\r\n+CME ERROR: 10\r\n")
        #expect(Self.said(&modem, "AT+CMEE=2\rAT+CPIN?\r") == "\r\nOK\r\n\r\n+CME ERROR: SIM not inserted\r\n")
    }

    @Test func aCardThatWantsItsPIN() throws {
        let folder = try TemporaryFolder()
        try folder.write(
            #"pins: { pin1: { value: "1234", puk: "12345678", tries: 3, enabled: true } }"#, to: "card.yaml")
        let path = try folder.write("{ card: card.yaml, echo: false }", to: "modem.yaml")
        var modem = VirtualModem(script: try ModemScriptReader.read(path: path))
        #expect(Self.said(&modem, "AT+CMEE=1\rAT+CPIN?\r") == "\r\nOK\r\n\r\n+CPIN: SIM PIN\r\n\r\nOK\r\n")
        #expect(Self.said(&modem, "AT+CIMI\r") == "\r\n+CME ERROR: 11\r\n")
        #expect(Self.said(&modem, "AT+CPIN=\"0000\"\r") == "\r\n+CME ERROR: 16\r\n")
        #expect(Self.said(&modem, "AT+CPIN=\"1234\"\rAT+CPIN?\r") == "\r\nOK\r\n\r\n+CPIN: READY\r\n\r\nOK\r\n")
        #expect(Self.said(&modem, "AT+CSIM=10,\"0020000100\"\r") == "\r\n+CSIM: 4,\"63C3\"\r\n\r\nOK\r\n")
    }

    @Test func rules() throws {
        var modem = try Self.modem(
            """
            echo: false
            delay: 7
            rules:
              - { command: AT+CSQ, answer: ["+CSQ: 1,1", OK], delay: 50, after: 1, times: 1 }
              - { command: "AT+COPS*", silent: true }
              - { command: AT+RAW, raw: 00FF0D }
              - { command: AT+CUT, answer: [ABCDEF, OK], hangUpAfter: 4, returnAfter: 300 }
            """)
        #expect(modem.received("AT+CSQ\r".utf8).first?.outputs.map(\.delay) == [.milliseconds(7)])
        let second = try #require(modem.received("AT+CSQ\r".utf8).first?.outputs.first)
        #expect(second.delay == .milliseconds(50) && second.action == .send(Array("\r\n+CSQ: 1,1\r\n\r\nOK\r\n".utf8)))
        #expect(Self.said(&modem, "AT+CSQ\r") == "\r\n+CSQ: 20,99\r\n\r\nOK\r\n")
        #expect(Self.said(&modem, "AT+COPS?\r") == "")
        #expect(modem.received("AT+RAW\r".utf8).first?.outputs.first?.action == .send([0x00, 0xFF, 0x0D]))
        let cut = try #require(modem.received("AT+CUT\r".utf8).first?.outputs)
        #expect(cut.map(\.action) == [.send(Array("\r\nAB".utf8)), .hangUp(returnsAfter: .milliseconds(300))])
    }

    @Test func messages() throws {
        var modem = try Self.modem(
            """
            echo: false
            messages:
              - { line: "+CREG: 2", after: 100 }
              - { line: RING, command: "ATD*", before: true }
              - { raw: 414243, command: "ATD*", after: 20, times: 2, pause: 5 }
            """)
        #expect(modem.greeting.map(\.delay) == [.milliseconds(100)] && modem.greeting.first?.note == "+CREG: 2")
        let outputs = try #require(modem.received("ATD5\r".utf8).first?.outputs)
        #expect(outputs.map(\.note) == ["RING", "NO CARRIER", "raw", "raw"])
        #expect(outputs.map(\.delay) == [.zero, .zero, .milliseconds(20), .milliseconds(5)])
    }

    @Test(arguments: [
        ("profile: nokia", "profile is \"nokia\"; it must be one of quectel-ec25"),
        ("imei: 12", "it must be 14 to 15 digits"),
        ("rules: [{ delay: 5 }]", "needs a command"), ("rules: [{ command: AT, returnAfter: 5 }]", "needs hangUpAfter"),
        ("messages: [{ after: 5 }]", "needs either line or raw"),
        ("messages: [{ line: x, before: true }]", "needs a command"),
        ("network: { state: 12 }", "a number from 0 to 11"), ("rule: []", "did you mean \"rules\"?"),
        ("chunk: 0", "from 1 to"),
        ("card: nothing.yaml", "cannot be read"), ("card: { atr: 00 }", "atr must be"),
        ("toolkit: { timeout: 5 }", "needs on"), ("toolkit: { on: AT, wait: 5 }", "toolkit"),
    ])
    func faultsAreNamed(yaml: String, words: String) {
        #expect {
            _ = try ModemScriptReader.read(text: yaml, file: "test.yaml")
        } throws: { error in
            "\(error)".contains(words) && "\(error)".contains(".yaml")
        }
    }

    @Test func anyBytesAreTaken() throws {
        var random = SeededGenerator(seed: 21)
        var modem = try Self.modem()
        let words = [
            "AT", "+CSIM=", "+CRSM=176,", "+CGLA=", "\"", ",", ";", "\r", "=?", "?", "AT+CMGS=1\r", "\u{1A}", "9",
        ]
        for _ in 0..<randomRounds {
            let text =
                Bool.random(using: &random)
                ? random.bytes(0...30) : Array((words.randomElement(using: &random) ?? "").utf8)
            _ = modem.received(text)
        }
        _ = modem.received([0x1B, 0x0D])
        modem.restart()
        #expect(Self.said(&modem, "AT\r") == "AT\r\r\nOK\r\n")
    }

    @Test(arguments: [
        (["status"], ModemOrder.status), (["say", "RING", "x"], .say("RING x")),
        (["unplug"], .unplug(returnsAfter: nil)),
        (["unplug", "300"], .unplug(returnsAfter: .milliseconds(300))), (["plug"], .plug),
        (["silent", "on"], .silent(true)),
    ])
    func orders(words: [String], order: ModemOrder) throws {
        #expect(try ModemOrder(words) == order)
    }

    @Test(arguments: [
        [], ["say"], ["unplug", "x"], ["unplug", "1", "2"], ["silent"], ["silent", "perhaps"], ["hello"],
    ])
    func whatIsNoOrder(words: [String]) {
        #expect(throws: SimulatorError.self) { try ModemOrder(words) }
    }
}

/// Each example in `examples/modems` does what its first lines say.
@Suite struct ExampleModemsTests {
    private static let folder = "\(Files.package)/examples/modems"

    @Test func allAreTestedHere() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder).sorted()
        #expect(names == ["quectel.yaml", "terminal.yaml", "toolkit.yaml", "troubled.yaml"])
    }

    @Test func quectel() throws {
        let script = try ModemScriptReader.read(path: "\(Self.folder)/quectel.yaml")
        #expect(script.profile.name == "quectel-ec25" && script.network.rsrp == -102)
        #expect(VirtualModem(script: script).greeting.map(\.note) == ["+QIND: \"csq\",20,99", "+CEREG: 5"])
    }

    @Test func troubled() throws {
        let script = try ModemScriptReader.read(path: "\(Self.folder)/troubled.yaml")
        #expect(script.chunkBytes == 3)
        var modem = VirtualModem(script: script)
        #expect(modem.received("ATE0\r".utf8).count == 1)
        #expect(modem.received("AT+CGACT?\r".utf8).first?.outputs == [])
        #expect(modem.received("AT+CGDCONT?\r".utf8).first?.outputs.last?.action == .hangUp(returnsAfter: .seconds(2)))
        #expect(modem.received("AT+COPS=?\r".utf8).first?.outputs.first?.delay == .seconds(5))
    }

    /// A channel's life in six lines, as hex that is as long as it says.
    @Test func toolkit() throws {
        var modem = VirtualModem(script: try ModemScriptReader.read(path: "\(Self.folder)/toolkit.yaml"))
        let outputs = modem.received("AT^SCFG=\"SAT/URC\",1\r".utf8).flatMap(\.outputs).filter(\.isUnsolicited)
        #expect(outputs.count == 6)
        for output in outputs {
            let fields = output.note.split(separator: "\"")
            let length = fields.dropFirst(2).first?.split(separator: ",").first.flatMap { Int($0) }
            #expect(bytes(hexadecimal: String(fields[1]))?.count == length, "\(output.note)")
        }
    }
}
