import Foundation
import ProbeEvents
import TestSupport
import Testing

@testable import Modem

/// A tester behind the relay as the terminal of the card in its modem: what the probe tells is what the tester did, and the
/// tester's bytes are those that the modem saw.
@Suite struct TapTerminalTests {
    private struct Terminal: Decodable {
        var types: [String]
        var sent: Int
        var received: Int
        var results: [String]
        var said: String
        var heard: String
    }

    private static let example = "\(Files.package)/examples/modems/terminal.yaml"

    /// The session of the example at another maker's modem, or with less patience.
    private func play(
        _ profile: String = "mediatek", _ words: [String] = [], timeout: Int = 2000
    ) async throws -> (terminal: Terminal, told: [String]) {
        let script = try String(contentsOfFile: Self.example, encoding: .utf8)
            .replacing("mediatek", with: profile).replacing("timeout: 2000", with: "timeout: \(timeout)")
        let relayed = try await RelayedModem(script: script)
        let command = [Files.python, Files.client("modem_terminal.py"), relayed.link, "AT+CFUN=1"] + words
        let end = try await Command.runAside(command, within: 60)
        #expect(end.ending == .exited(0), "\(end.errors)")
        let terminal = try JSONDecoder().decode(Terminal.self, from: Data(end.output.utf8))
        #expect(terminal.said == relayed.modem.logged("<").joined())
        #expect(terminal.heard == relayed.modem.logged(">").joined())
        await relayed.tap.stopped()
        #expect(relayed.sink.commands == relayed.logged)
        return (terminal, relayed.sink.events.compactMap(\.channelWords))
    }

    private static let types = ["40", "43", "42", "43", "42", "43", "42", "41"]
    private static let whole: [String] = life(sent: 117, received: 230, "packet tcp_client 8443 buffer 1400")
    private static let typesOnly: [String] = life(sent: 0, received: 0, "other none")

    private static func life(sent: Int, received: Int, _ channel: String) -> [String] {
        let pair = ["sent \(sent) on 1", "received \(received) on 1"]
        let end = "closed 1 completed card \(3 * sent) sent \(3 * received) received"
        return ["opened 1 \(channel)"] + pair + pair + pair + [end]
    }

    @Test(arguments: ["mediatek", "generic", "unisoc"])
    func answersInHex(profile: String) async throws {
        let (terminal, told) = try await play(profile)
        #expect(terminal.types == Self.types && terminal.sent == 351 && terminal.received == 690)
        #expect(terminal.results == Array(repeating: "OK", count: 10))
        #expect(told == Self.whole)
    }

    /// Cinterion's modem makes the answer of the tester's number, and tells it.
    @Test func answersThatTheModemTells() async throws {
        let (terminal, told) = try await play("cinterion-pls8")
        #expect(terminal.types == Self.types && told == Self.whole)
    }

    @Test(arguments: ["quectel-ec25", "telit-le910", "ublox-sara-u2", "sierra-em7455"])
    func answersByType(profile: String) async throws {
        let (terminal, told) = try await play(profile)
        #expect(terminal.types == Self.types && terminal.results == Array(repeating: "OK", count: 10))
        #expect(told == Self.typesOnly)
    }

    /// An answer to something else is refused by the modem and counts nothing; the right one behind it does.
    @Test func aWrongAnswer() async throws {
        let (terminal, told) = try await play("mediatek", ["wrong=2"])
        #expect(terminal.results.count { $0 != "OK" } == 1 && terminal.results[3] == "ERROR")
        #expect(told == Self.whole)
    }

    @Test func aRefusedChannel() async throws {
        let (terminal, told) = try await play("generic", ["refuse=1:3A"])
        #expect(terminal.types == ["40"] && told == ["failed open_channel packet no_cause"])
    }

    /// A command that is never answered failed; the card's channel is left, and ends with the port.
    @Test func anAnswerThatNeverComes() async throws {
        let (terminal, told) = try await play("mediatek", ["silent=4"], timeout: 300)
        #expect(terminal.types == Array(Self.types.prefix(4)))
        let end = ["failed send_data packet timeout", "closed 1 failed source_gone 117 sent 230 received"]
        #expect(told == Self.whole.prefix(3) + end)
    }

    /// An answer that comes when the modem has given up is for nobody.
    @Test func anAnswerThatComesTooLate() async throws {
        let (terminal, told) = try await play("mediatek", ["late=2", "pause=1"], timeout: 300)
        #expect(terminal.types == ["40", "43"] && terminal.results.last == "ERROR")
        let end = ["failed send_data packet timeout", "closed 1 failed source_gone 0 sent 0 received"]
        #expect(told == Self.whole.prefix(1) + end)
    }
}
