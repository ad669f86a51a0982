import Foundation
import ProbeEvents
import TestSupport
import Testing

@testable import Modem

/// What makers' modems tell of their card, through a relay to a tester that only listens, and on a port of the probe's
/// own: the same channels, and not a byte of the tester's is another one.
@Suite struct TapToolkitTests {
    /// A channel's life as a maker's modem tells it, and what it comes to.
    struct Life: CustomTestStringConvertible, Sendable {
        var profile: String
        var lines: [String]
        var words: [String]
        var testDescription: String { "\(profile) \(lines[0].prefix(12))" }
    }

    private static let open =
        "D02F8103014003820281820500350702020403051F0239020578470908696E7465726E65743C0302115C3E0521C0000201"
    private static let send = "D013810301430182028121B6083132333435363738"
    private static let receive = "D00C810301420082028121B70108"
    private static let close = "D009810301410082028121"

    private static func told(_ head: String, _ tail: String, end: [String] = []) -> [String] {
        [open, send, receive, close].map { head + $0 + tail } + end
    }

    private static func types(_ head: String, radix: Int) -> [String] {
        [0x40, 0x43, 0x42, 0x41].map { head + String($0, radix: radix, uppercase: true) }
    }

    private static let wholeWithoutAnswers = [
        "opened 0 packet tcp_client 4444", "sent 8 on 1", "received 0 on 1",
        "closed 1 completed card 8 sent 0 received",
    ]
    private static let typesOnly = [
        "opened 1 other none", "sent 0 on 1", "received 0 on 1", "closed 1 completed card 0 sent 0 received",
    ]

    static let lives = [
        Life(
            profile: "cinterion-pls8",
            lines: [
                "^SSTK: \"\(open)\",49,\"00\"",
                "^SSTK: \"81030140038202828183010038028100350702020403051F0239020578\",29,\"01\"",
                "^SSTK: \"\(send)\",21,\"00\"", "^SSTK: \"810301430182028281830100B701FF\",15,\"01\"",
                "^SSTK: \"D60E99010982028281B8028100B70108\",16,\"03\"", "^SSTK: \"\(receive)\",14,\"00\"",
                "^SSTK: \"810301420082028281830100B6083132333435363738B70100\",25,\"01\"",
                "^SSTK: \"\(close)\",11,\"00\"", "^SSTK: \"810301410082028281830100\",12,\"01\"",
            ],
            words: [
                "opened 1 packet tcp_client 4444 buffer 1400", "sent 8 on 1", "waiting 8 for 1", "received 8 on 1",
                "closed 1 completed card 8 sent 8 received",
            ]),
        Life(profile: "cinterion-pls8", lines: types("^SSTN: ", radix: 10) + ["^SSTN: 254"], words: typesOnly),
        Life(profile: "mediatek", lines: told("+STKPCI: 1,\"", "\"", end: ["+STKPCI: 2"]), words: wholeWithoutAnswers),
        Life(profile: "mediatek", lines: told("+STKPCI: 0,\"", "\"", end: ["+STKPCI: 2"]), words: wholeWithoutAnswers),
        Life(
            profile: "unisoc", lines: told("+SPUSATPROCMDIND:\"", "\"", end: ["+SPUSATENDSESSIONIND"]),
            words: wholeWithoutAnswers),
        Life(profile: "generic", lines: told("+CUSATP: \"", "\"", end: ["+CUSATEND"]), words: wholeWithoutAnswers),
        Life(profile: "generic", lines: told("+SATN: \"", "\"", end: ["+SATF: 144,0"]), words: wholeWithoutAnswers),
        Life(profile: "generic", lines: told("*STKN: \"", "\"", end: ["*STKEND"]), words: wholeWithoutAnswers),
        Life(profile: "generic", lines: told("%SATN: ", ""), words: wholeWithoutAnswers),
        Life(profile: "generic", lines: told("^STIN: 1,", "", end: ["^STIN: 99"]), words: wholeWithoutAnswers),
        Life(profile: "quectel-ec25", lines: types("+QSTKURC: ", radix: 10), words: typesOnly),
        Life(
            profile: "quectel-ec25", lines: told("+QSTK: \"", "\"", end: ["+QSTKURC: 254"]), words: wholeWithoutAnswers),
        Life(profile: "telit-le910", lines: types("#STN: ", radix: 10) + ["#STN: 254"], words: typesOnly),
        Life(profile: "ublox-sara-u2", lines: types("+STKPRO: ", radix: 10), words: typesOnly),
        Life(profile: "sierra-em7455", lines: types("!STKN: ", radix: 16) + ["!STKN: 81"], words: typesOnly),
        // Sierra's by numbers of its own, which are not read: 40 is none of theirs
        Life(profile: "sierra-em7455", lines: types("+STIN: ", radix: 16), words: []),
        Life(profile: "simcom-sim7600", lines: types("+STIN: ", radix: 16) + ["+STIN: 81"], words: typesOnly),
    ]

    /// Says AT+CGMI, and prints all that it hears until a word.
    private static let listener = """
        import serial, sys
        port = serial.Serial(sys.argv[1], 115200, timeout=20)
        port.write(b"ATE0\\r"); heard = port.read_until(b"OK\\r\\n")
        port.write(b"AT+CGMI\\r"); heard += port.read_until(b"+LAST: 1\\r\\n")
        print(heard.hex().upper())
        """

    private static func script(_ life: Life) -> String {
        let messages = (life.lines + ["+LAST: 1"]).enumerated().map { place, line in
            "  - { line: '\(line)', command: AT+CGMI, after: \(place == 0 ? 400 : 2) }"
        }
        return "profile: \(life.profile)\nmessages:\n" + messages.joined(separator: "\n")
    }

    @Test(arguments: lives)
    func theSameThroughBothWays(life: Life) async throws {
        let relayed = try await RelayedModem(script: Self.script(life))
        let end = try await Command.runAside([Files.python, "-c", Self.listener, relayed.link], within: 60)
        #expect(end.ending == .exited(0), "\(end.errors)")
        #expect(end.output == relayed.modem.logged(">").joined() + "\n")
        #expect(relayed.modem.logged("<").joined() == "415445300D41542B43474D490D")
        #expect(try await eventually { relayed.sink.codes.count == life.lines.count + 1 })
        await relayed.tap.stopped()
        #expect(relayed.sink.events.compactMap(\.channelWords) == life.words)

        let (modem, sink) = (try SimulatedModem(script: Self.script(life)), RecordingSink())
        var settings = ATPortSettings(path: modem.link, modem: "modem-a")
        settings.serial.lockDirectory = modem.folder.path
        let poller = ModemPoller(settings)
        poller.start(into: sink)
        #expect(try await eventually(within: 20) { sink.codes.count == life.lines.count + 1 })
        await poller.stopped()
        #expect(sink.events.compactMap(\.channelWords) == life.words)
    }

    /// Whose modem it is decides how `+STIN: 40` is read: nobody has asked for it, but the settings say it.
    @Test(arguments: [(ModemVendor?.none, 0), (.simcom, 1), (.sierra, 0)])
    func theSettingsNameTheMaker(vendor: ModemVendor?, channels: Int) async throws {
        let relayed = try await RelayedModem(["--profile", "simcom-sim7600"], vendor: vendor)
        try relayed.modem.order("say +STIN: 40")
        #expect(try await eventually { relayed.sink.codes == [.stin] })
        await relayed.tap.stopped()
        #expect(relayed.sink.events.compactMap(\.channelWords).count { $0.hasPrefix("opened") } == channels)
    }

    /// The best word on the maker counts, and another modem at the port is another modem.
    @Test func theBestWordOnTheMaker() {
        func answer(_ command: String, _ lines: [String], _ result: ATResult = .ok) -> ATAnswer {
            ATAnswer(command: ATCommand(command), final: FinalResult(result), lines: lines.map { Array($0.utf8) })
        }
        var known = KnownVendor()
        #expect(known.vendor == .unknown)
        known.attached = .qualcomm
        known.learn(answer("AT+CGMM", ["Quectel"]))
        known.learn(answer("AT+CGMI", ["Quectel"], .error))
        known.learn(answer("AT+CGMI=?", []))
        #expect(known.vendor == .qualcomm)
        known.learn(answer("ATI", ["Manufacturer: SIMCOM INCORPORATED", "Model: A7600"]))
        #expect(known.vendor == .simcom)
        known.learn(answer("at+csq;+gmi", ["+CSQ: 20,99", "u-blox"]))
        #expect(known.vendor == .ublox)
        known.learn(answer("AT+CGMI", ["Nobody"]))
        #expect(known.vendor == .ublox)
        known.forget()
        #expect(known.vendor == .unknown)
        var named = KnownVendor(named: .telit)
        named.attached = .quectel
        named.learn(answer("AT+CGMI", ["Quectel"]))
        #expect(named.vendor == .telit)
    }
}
