import ProbeEvents
import Testing

@testable import Modem

/// What a relay makes of the bytes on either side.
@Suite struct TapListenerTests {
    /// Bytes of one side at a time, milliseconds; `t:` is the tester's, `m:` the modem's, `w` lets time pass.
    private enum Step {
        case tester(String)
        case modem(String)
        case wait(UInt64)
    }

    private struct Talk: CustomTestStringConvertible, Sendable {
        var what: String
        var steps: [Step]
        var heard: [String]
        var testDescription: String { what }

        init(_ what: String, _ steps: [Step], _ heard: [String]) {
            (self.what, self.steps, self.heard) = (what, steps, heard)
        }
    }

    private static let talks = [
        Talk("echo", [.tester("AT+CSQ\r"), .modem("AT+CSQ\r\r\n+CSQ: 20,99\r\n\r\nOK\r\n")], ["AT+CSQ ok 1"]),
        Talk(
            "CR LF is one end",
            [.tester("AT+CSQ\r\n"), .modem("\r\n+CSQ: 20,99\r\n\r\nOK\r\n"), .tester("AT\r\n"), .modem("\r\nOK\r\n")],
            ["AT+CSQ ok 1", "AT ok 0"]),
        Talk(
            "in pieces",
            [
                .tester("A"), .tester("T+CP"), .tester("IN?\r"), .modem("\r"), .modem("\n+CPIN: RE"),
                .modem("ADY\r\n\r"),
                .modem("\nOK"), .modem("\r\n"),
            ], ["AT+CPIN ok 1"]),
        Talk(
            "an error of the equipment", [.tester("AT+CPIN?\r"), .modem("\r\n+CME ERROR: 10\r\n")],
            ["AT+CPIN cme_error 10 0"]),
        Talk(
            "unasked, inside an answer and beside it",
            [
                .modem("\r\nRING\r\n"), .tester("AT+CSQ\r"),
                .modem("\r\n+CREG: 1\r\n\r\n+CSQ: 20,99\r\n\r\n+CMTI: \"SM\",1\r\n\r\nOK\r\n"),
            ], ["RING", "+CREG", "+CMTI", "AT+CSQ ok 1"]),
        Talk(
            "what the card wants next, before the result of the command that answered it",
            [
                .tester("AT+CUSATT=\"8103\"\r"), .modem("\r\n+CUSATP: \"D000\"\r\n\r\nOK\r\n"), .tester("AT\r"),
                .modem("\r\n+CUSATP: \"D000\"\r\n\r\nOK\r\n"),
            ], ["AT+CUSATT ok 0", "+CUSATP", "+CUSATP", "AT ok 0"]),
        Talk(
            "what the card wants next, and no result",
            [.tester("AT+CUSATT=\"8103\"\r"), .modem("\r\n+CUSATP: \"D000\"\r\n"), .wait(400_000)],
            ["AT+CUSATT timeout 0", "+CUSATP", "stopped"]),
        Talk(
            "a message behind its header",
            [.modem("\r\n+CMT: ,22\r\n07911326040000F0\r\n\r\n+CMTI: \"SM\",1\r\n")],
            ["+CMT 07911326040000F0", "+CMTI"]),
        Talk(
            "text at a prompt is no command",
            [
                .tester("AT+CMGS=18\r"), .modem("\r\n> "), .tester("AT+CSQ\rAT\u{1A}"),
                .modem("\r\n+CMGS: 1\r\n\r\nOK\r\n"), .tester("AT\r"), .modem("\r\nOK\r\n"),
            ], ["AT+CMGS ok 1", "AT ok 0"]),
        Talk(
            "ESC ends a prompt",
            [
                .tester("AT+CMGS=18\r"), .modem("\r\n> "), .tester("\u{1B}"), .modem("\r\nOK\r\n"), .tester("AT\r"),
                .modem("\r\nOK\r\n"),
            ], ["AT+CMGS ok 0", "AT ok 0"]),
        Talk(
            "the tester misses the result and goes on late",
            [
                .tester("AT+CSQ\r"), .wait(50), .modem("\r\nOK\r\n"), .wait(10_000), .tester("AT\r"),
                .modem("\r\nOK\r\n"),
            ],
            ["AT+CSQ ok 0", "AT ok 0"]),
        Talk(
            "a queue of commands",
            [.tester("AT+CSQ\rAT+CPIN?\r"), .modem("\r\n+CSQ: 1,2\r\n\r\nOK\r\n\r\n+CPIN: READY\r\n\r\nOK\r\n")],
            ["AT+CSQ ok 1", "AT+CPIN ok 1"]),
        Talk(
            "given up after a while",
            [.tester("AT+COPS=?\r"), .wait(3_000), .tester("AT\r"), .modem("\r\nOK\r\n")],
            ["AT+COPS timeout 0", "stopped", "again", "AT ok 0"]),
        Talk(
            "interrupted soon", [.tester("ATD1;\r"), .wait(500), .tester("ATH\r"), .modem("\r\nOK\r\n")],
            ["OTHER aborted 0", "OTHER ok 0"]),
        Talk(
            "slow, and not silent",
            [
                .tester("AT+CPIN?\r"), .wait(4_000), .modem("\r\nRING\r\n"), .wait(4_000), .modem("\r\nOK\r\n"),
            ], ["RING", "AT+CPIN ok 0"]),
        Talk("silent", [.tester("AT+CSQ\r"), .wait(5_000)], ["AT+CSQ timeout 0", "stopped"]),
        Talk(
            "late results concern nobody", [.tester("AT\r"), .wait(5_000), .modem("\r\nOK\r\n\r\nERROR\r\n")],
            ["AT timeout 0", "stopped", "again"]),
        Talk(
            "data of a connection is no talk",
            [
                .tester("ATD*99#\r"), .modem("\r\nCONNECT 150000000\r\n"), .tester("AT\rAT\r"),
                .modem("~\u{7D}#@!\r\n+CREG: 1\r\n~"), .modem("\r\nNO CARRIER\r\n"), .tester("AT\r"),
                .modem("\r\nOK\r\n"),
            ], ["OTHER connect 0", "AT ok 0"]),
        Talk(
            "the escape leads back from data",
            [
                .tester("ATD*99#\r"), .modem("\r\nCONNECT\r\n"), .tester("+++"), .modem("\r\nOK\r\n"), .tester("ATH\r"),
                .modem("\r\nOK\r\n"),
            ], ["OTHER connect 0", "OTHER ok 0"]),
        Talk(
            "results as numbers",
            [
                .tester("ATE0V0\r"), .modem("0\r"), .tester("AT+CPIN?\r"), .modem("+CPIN: READY\r\n0\r"),
                .tester("AT+X\r"), .modem("4\r"), .tester("ATV1\r"), .modem("\r\nOK\r\n"),
            ], ["ATE ok 0", "AT+CPIN ok 1", "OTHER error 0", "OTHER ok 0"]),
        Talk("corrected", [.tester("AX\u{8}T\r"), .modem("\r\nOK\r\n")], ["AT ok 0"]),
        Talk("what comes back of noise", [.tester("\u{1B}\r"), .modem("\u{1B}\r"), .modem("\r\nRING\r\n")], ["RING"]),
        Talk("noise before", [.tester("\u{1B}\r\u{0}xAT\r"), .modem("\r\nOK\r\n")], ["AT ok 0"]),
        Talk("small letters", [.tester("at+csq\r"), .modem("\r\nOK\r\n")], ["AT+CSQ ok 0"]),
        Talk("a result nobody asked for", [.modem("\r\nOK\r\n\r\nNO CARRIER\r\n")], ["NO CARRIER"]),
    ]

    @Test(arguments: talks)
    private func hears(talk: Talk) {
        var listener = TapListener()
        var now: UInt64 = 1_000_000_000
        var heard: [TapNews] = []
        for step in talk.steps {
            switch step {
            case .tester(let text): heard += listener.sent(text.utf8, now: now)
            case .modem(let text): heard += listener.received(text.utf8, now: now)
            case .wait(let milliseconds):
                now += milliseconds * 1_000_000
                if let deadline = listener.deadline, deadline <= now { heard += listener.advance(now: now) }
            }
        }
        #expect(heard.map(\.text) == talk.heard)
    }

    @Test func aCommandIsTimedByTheModem() {
        var listener = TapListener()
        _ = listener.sent("AT+CSQ\r".utf8, now: 1_000)
        let news = listener.received("\r\n+CSQ: 1,2\r\n\r\nOK\r\n".utf8, now: 41_000)
        guard case .answered(let answer) = news.first else { return #expect(Bool(false), "\(news)") }
        #expect(answer.sentNanoseconds == 1_000 && answer.durationNanoseconds == 40_000)
    }

    @Test func aLostPortEndsAll() {
        var listener = TapListener()
        _ = listener.sent("AT+CSQ\rAT+CPIN?\r".utf8, now: 1_000)
        #expect(listener.portLost(now: 2_000).map(\.text) == ["AT+CSQ port_lost 0", "AT+CPIN port_lost 0"])
        #expect(listener.deadline == nil)
    }

    /// Whatever passes is taken; what is followed is bounded.
    @Test func anythingIsTaken() {
        var generator = SystemRandomNumberGenerator()
        var listener = TapListener()
        var now: UInt64 = 0
        let alphabet = Array("AT+CSQ?=\r\n> OKERR:0149V\u{1A}\u{1B}\u{0}+".utf8) + [0xFF, 0x80]
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0...12, using: &generator)).map { _ in alphabet.randomElement() ?? 0 }
            now += .random(in: 0...50_000_000)
            _ = Bool.random() ? listener.sent(bytes, now: now) : listener.received(bytes, now: now)
            if let deadline = listener.deadline, deadline <= now { _ = listener.advance(now: now) }
        }
        let long = [UInt8](repeating: UInt8(ascii: "A"), count: 1 << 20)
        _ = listener.sent(long, now: now)
        _ = listener.received(long, now: now)
        let many = (0..<1_000).flatMap { _ in Array("AT\r".utf8) }
        _ = listener.sent([0x1A, 0x0D] + many, now: now + 1)
        #expect(listener.portLost(now: now).count <= TapListener.pendingLimit)
    }
}

extension TapNews {
    fileprivate var text: String {
        switch self {
        case .answered(let answer):
            "\(answer.command.name.name) \(answer.final.result.name) "
                + (answer.final.errorCode.map { "\($0) " } ?? "") + "\(answer.lines.count)"
        case .unsolicited(let seen):
            seen.code.name + (seen.following.map { " " + String(decoding: $0, as: UTF8.self) } ?? "")
        case .stoppedAnswering: "stopped"
        case .answersAgain: "again"
        }
    }
}
