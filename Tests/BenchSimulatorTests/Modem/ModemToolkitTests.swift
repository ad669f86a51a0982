import Foundation
import TestSupport
import Testing

@testable import BenchSimulator

/// A program as the terminal of the card in a modem: what the modem says of the card, and what it takes for an answer.
@Suite struct ModemToolkitTests {
    private static let session = """
        toolkit: { on: "AT+CFUN=1*", timeout: 2000 }
        card:
          proactive:
            - on: { command: TERMINAL PROFILE }
              steps: [{ openChannel: {} }, { sendData: 0102 }, { receiveData: { length: 3 } }, { closeChannel: {} }]
            - on: { match: 80 C2 00 00 ?? D1 }
              steps: [{ getChannelStatus: {} }]
        """

    private static func modem(_ profile: String) throws -> VirtualModem {
        VirtualModem(
            script: try ModemScriptReader.read(text: "profile: \(profile)\necho: false\n" + session, file: "test.yaml"))
    }

    /// Lines that go out for a command line; `[2000 ms]` stands for the time that an answer has.
    private static func said(_ modem: inout VirtualModem, _ command: String) -> [String] {
        lines(modem.received(Array((command + "\r").utf8)).flatMap(\.outputs))
    }

    private static func lines(_ outputs: [ModemOutput]) -> [String] {
        outputs.flatMap { output -> [String] in
            switch output.action {
            case .send(let bytes):
                String(decoding: bytes, as: UTF8.self).split(separator: "\r\n").map(String.init)
            case .expect(_, let time): ["[\(time.components.seconds) s]"]
            case .hangUp: ["hang up"]
            }
        }
    }

    private static let open = "D01C810301400182028182350103390205783C030201BB3E05217F000001"
    private static let send = "D00D810302430182028121B6020102"
    private static let receive = "D00C810303420082028121B70103"
    private static let close = "D009810304410082028121"

    private static let opened = "810301400182028281830100B8028100350103390205 78".replacing(" ", with: "")
    private static let sent = "810302430182028281830100B701FF"
    private static let received = "810303420082028281830100B603000102B70100"
    private static let closed = "810304410082028281830100"

    /// A session whole, in the lines and commands of each maker.
    @Test(arguments: [
        ("generic", "+CUSATP: \"", "\"", "AT+CUSATT=\"", "+CUSATEND"),
        ("mediatek", "+STKPCI: 0,\"", "\"", "AT+STKTR=\"", "+STKPCI: 2"),
        ("unisoc", "+SPUSATPROCMDIND:\"", "\"", "AT+SPUSATTERMINAL=\"", "+SPUSATENDSESSIONIND"),
    ])
    func answersInHex(profile: String, head: String, tail: String, answer: String, end: String) throws {
        var modem = try Self.modem(profile)
        #expect(Self.said(&modem, "AT+CSQ") == ["+CSQ: 20,99", "OK"])
        #expect(Self.said(&modem, "AT+CFUN=1") == ["OK", head + Self.open + tail, "[2 s]"])
        let steps = [(Self.opened, Self.send), (Self.sent, Self.receive), (Self.received, Self.close)]
        for (response, next) in steps {
            #expect(Self.said(&modem, answer + response + "\"") == ["OK", head + next + tail, "[2 s]"])
        }
        #expect(Self.said(&modem, answer + Self.closed + "\"") == ["OK", end])
        #expect(Self.said(&modem, "AT+CSQ") == ["+CSQ: 20,99", "OK"])
    }

    @Test(arguments: [
        ("quectel-ec25", "+QSTKURC: ", 10, "AT+QSTKRSP=", []), ("telit-le910", "#STN: ", 10, "AT#STSR=", ["#STN: 254"]),
        ("ublox-sara-u2", "+STKPRO: ", 10, "AT+STKTR=", []),
        ("sierra-em7455", "!STKC: ", 16, "AT!STKCR=", ["!STKC: 81"]),
        ("simcom-sim7600", "+STIN: ", 16, "AT+STGR=", ["+STIN: 81"]),
    ])
    func answersByType(profile: String, head: String, radix: Int, answer: String, end: [String]) throws {
        var modem = try Self.modem(profile)
        func number(_ type: Int) -> String { String(type, radix: radix) }
        #expect(Self.said(&modem, "AT+CFUN=1") == ["OK", head + number(0x40), "[2 s]"])
        for (type, next) in [(0x40, 0x43), (0x43, 0x42), (0x42, 0x41)] {
            #expect(
                Self.said(&modem, answer + number(type) + ",0") == ["OK", head + number(next), "[2 s]"])
        }
        #expect(Self.said(&modem, answer + number(0x41)) == ["OK"] + end)
    }

    /// Cinterion tells the answer that it made of a number, too.
    @Test func answersAreTold() throws {
        var modem = try Self.modem("cinterion-pls8")
        #expect(Self.said(&modem, "AT+CFUN=1") == ["OK", "^SSTK: \"\(Self.open)\",30,\"00\"", "[2 s]"])
        #expect(
            Self.said(&modem, "AT^SSTR=64,0") == [
                "OK", "^SSTK: \"\(Self.opened)\",23,\"01\"", "^SSTK: \"\(Self.send)\",15,\"00\"", "[2 s]",
            ])
    }

    /// A wrong answer changes nothing; a refusal and a time-out end the session, and what comes then is for nobody.
    @Test func wrongAnswers() throws {
        var modem = try Self.modem("mediatek")
        _ = Self.said(&modem, "AT+CMEE=1")
        #expect(Self.said(&modem, "AT+STKTR=\"\(Self.opened)\"") == ["+CME ERROR: 3"])
        _ = Self.said(&modem, "AT+CFUN=1")
        for wrong in [Self.sent, "81030140", "", "XY", "\(Self.opened)\",\"00"] {
            #expect(Self.said(&modem, "AT+STKTR=\"\(wrong)\"") == ["+CME ERROR: 50"], "\(wrong)")
        }
        #expect(Self.said(&modem, "AT+STKTR=\"810301400182028281830122\"") == ["OK", "+STKPCI: 2"])
        #expect(Self.said(&modem, "AT+STKTR=\"\(Self.opened)\"") == ["+CME ERROR: 3"])
    }

    @Test func nobodyAnswers() throws {
        var modem = try Self.modem("mediatek")
        _ = Self.said(&modem, "AT+CFUN=1")
        #expect(modem.toolkitTimeout(2) == [])
        #expect(Self.lines(modem.toolkitTimeout(1)) == ["+STKPCI: 2"])
        #expect(modem.toolkitTimeout(1) == [])
        #expect(Self.said(&modem, "AT+STKTR=\"\(Self.opened)\"") == ["ERROR"])
    }

    /// An envelope of the program's may begin a session; while a command is out the card takes none.
    @Test func envelopes() throws {
        var modem = try Self.modem("generic")
        #expect(
            Self.said(&modem, "AT+CUSATE=\"D1028100\"") == ["OK", "+CUSATP: \"D009810301440082028182\"", "[2 s]"])
        #expect(Self.said(&modem, "AT+CUSATE=\"D1028100\"") == ["ERROR"])
        #expect(Self.said(&modem, "AT+CUSATE=\"D1\",1") == ["ERROR"])
    }

    /// Without the key the card's commands stay in the modem.
    @Test func withoutToolkit() throws {
        var modem = VirtualModem(
            script: try ModemScriptReader.read(text: "{ profile: generic, echo: false }", file: "test.yaml"))
        #expect(Self.said(&modem, "AT+CUSATE=\"D1028100\"") == ["OK"])
        #expect(Self.said(&modem, "AT+CUSATT=\"\(Self.opened)\"") == ["OK"])
    }
}
