import ProbeEvents
import TestSupport
import Testing

@testable import Modem

/// What the channel makes of a modem's bytes: framing, results, unasked codes, prompts, time.
@Suite struct ATChannelTests {
    private static let second = ChannelTalk.second

    /// A command, what the modem says, and what is told of it; in one piece and byte by byte.
    struct Row: Sendable, CustomTestStringConvertible {
        var command: String
        var said: String
        var told: [String]
        var testDescription: String { "\(command) \(said.debugDescription)" }

        init(_ command: String, _ said: String, _ told: String...) {
            (self.command, self.said, self.told) = (command, said, told)
        }
    }

    static let rows = [
        // Echo on, off, with garbage in front, with one CR or two
        Row("AT", "\r\nOK\r\n", "AT: [] ok"),
        Row("AT", "AT\r\r\nOK\r\n", "AT: [] ok"),
        Row("AT+CSQ", "AT+CSQ\r\r\n+CSQ: 20,99\r\n\r\nOK\r\n", #"AT+CSQ: ["+CSQ: 20,99"] ok"#),
        Row("AT+CSQ", "\u{7F}\u{3}AT+CSQ\r\n+CSQ: 20,99\r\nOK\r\n", #"AT+CSQ: ["+CSQ: 20,99"] ok"#),
        Row("AT+CSQ", "\0\0\r\n+CSQ: 20,99\r\n\0\r\nOK\r\n", #"AT+CSQ: ["+CSQ: 20,99"] ok"#),
        // Answers without prefix, and with lines that begin otherwise
        Row("ATI", "\r\nQuectel\r\nEC25\r\nRevision: 1\r\n\r\nOK\r\n", #"ATI: ["Quectel", "EC25", "Revision: 1"] ok"#),
        Row("AT+CGSN", "\r\n356938035643809\r\n\r\nOK\r\n", #"AT+CGSN: ["356938035643809"] ok"#),
        Row("AT+CCHO=\"A0\"", "\r\n1\r\n\r\nOK\r\n", #"AT+CCHO="A0": ["1"] ok"#),
        Row(
            "AT+CSQ;+CGATT?", "\r\n+CSQ: 1,2\r\n+CGATT: 1\r\nOK\r\n", #"AT+CSQ;+CGATT?: ["+CSQ: 1,2", "+CGATT: 1"] ok"#),
        // Final results
        Row("AT+X", "\r\nERROR\r\n", "AT+X: [] error"),
        Row("AT+CPIN?", "\r\n+CME ERROR: 10\r\n", "AT+CPIN?: [] cme_error 10"),
        Row("AT+CPIN?", "\r\n+CME ERROR: SIM not inserted\r\n", "AT+CPIN?: [] cme_error 10"),
        Row("AT+CPIN?", "\r\n+CME ERROR: something else\r\n", "AT+CPIN?: [] cme_error"),
        Row("AT+CPIN?", "\r\n+CME ERROR:  14 \r\n", "AT+CPIN?: [] cme_error 14"),
        Row("AT+CMGR=1", "\r\n+CMS ERROR: 321\r\n", "AT+CMGR=1: [] cms_error 321"),
        Row("AT^X", "\r\nCOMMAND NOT SUPPORT\r\n", "AT^X: [] vendor_error"),
        Row("AT+X", "\r\nNA\r\n", "AT+X: [] vendor_error"),
        Row("AT+X", "\r\nMODEM ERROR: 7\r\n", "AT+X: [] vendor_error 7"),
        Row("ATD123", "\r\nNO CARRIER\r\n", "ATD123: [] no_carrier"),
        Row("ATD123", "\r\nBUSY\r\n", "ATD123: [] busy"),
        Row("ATD123", "\r\nNO ANSWER\r\n", "ATD123: [] no_answer"),
        Row("ATD123", "\r\nNO DIALTONE\r\n", "ATD123: [] no_dialtone"),
        Row("ATD*99#", "\r\nCONNECT 115200\r\n", "ATD*99#: [] connect"),
        Row("AT+CGACT=1,1", "\r\nNO CARRIER\r\n", "AT+CGACT=1,1: [] no_carrier"),
        // The end of another's call is no answer to a query
        Row(
            "AT+CSQ", "\r\nNO CARRIER\r\n+CSQ: 1,2\r\nOK\r\n", "urc NO CARRIER NO CARRIER", #"AT+CSQ: ["+CSQ: 1,2"] ok"#
        ),
        // What looks like a result and is none
        Row("ATI", "\r\nOKAY\r\nERRORS\r\nOK\r\n", #"ATI: ["OKAY", "ERRORS"] ok"#),
        // Unasked codes before, between and behind the lines of an answer
        Row(
            "AT+CSQ", "\r\n+CMTI: \"SM\",1\r\n\r\n+CSQ: 5,0\r\nOK\r\n", #"urc +CMTI +CMTI: "SM",1"#,
            #"AT+CSQ: ["+CSQ: 5,0"] ok"#),
        Row("AT+CSQ", "\r\n+CSQ: 5,0\r\n\r\nRING\r\n\r\nOK\r\n", "urc RING RING", #"AT+CSQ: ["+CSQ: 5,0"] ok"#),
        Row(
            "AT+CSQ", "\r\n+CSQ: 5,0\r\n\r\nOK\r\n\r\n+CGEV: NW DETACH\r\n", #"AT+CSQ: ["+CSQ: 5,0"] ok"#,
            "urc +CGEV +CGEV: NW DETACH"),
        Row("AT", "\r\n+QSTKURC: 37\r\nOK\r\n", "urc +QSTKURC +QSTKURC: 37", "AT: [] ok"),
        Row("AT", "\r\n^SSTN: 254\r\nOK\r\n", "urc ^SSTN ^SSTN: 254", "AT: [] ok"),
        // A message has its text on a line of its own
        Row("AT", "\r\n+CMT: ,24\r\n0791OK\r\nOK\r\n", "urc +CMT +CMT: ,24 / 0791OK", "AT: [] ok"),
        Row("AT", "\r\n+CMT: ,24\r\nOK\r\n", "urc +CMT +CMT: ,24", "AT: [] ok"),
        // One prefix for both: by its form
        Row("AT+CREG?", "\r\n+CREG: 2\r\n+CREG: 0,1\r\nOK\r\n", "urc +CREG +CREG: 2", #"AT+CREG?: ["+CREG: 0,1"] ok"#),
        Row(
            "AT+CEREG?", "\r\n+CEREG: 1,\"00C3\",\"0345103\",7\r\n+CEREG: 2,1,\"00C3\",\"0345103\",7\r\nOK\r\n",
            #"urc +CEREG +CEREG: 1,"00C3","0345103",7"#, #"AT+CEREG?: ["+CEREG: 2,1,\"00C3\",\"0345103\",7"] ok"#),
        Row(
            "AT+CREG?", "\r\n+CREG: 1,00C3,0345\r\n+CREG: 2,5\r\nOK\r\n", "urc +CREG +CREG: 1,00C3,0345",
            #"AT+CREG?: ["+CREG: 2,5"] ok"#),
        Row("AT+CREG=2", "\r\n+CREG: 2,5\r\nOK\r\n", "urc +CREG +CREG: 2,5", "AT+CREG=2: [] ok"),
        Row("AT+CPIN?", "\r\n+CPIN: READY\r\nOK\r\n", #"AT+CPIN?: ["+CPIN: READY"] ok"#),
        Row("AT+CPIN=\"1234\"", "\r\nOK\r\n\r\n+CPIN: READY\r\n", #"AT+CPIN="1234": [] ok"#, "urc +CPIN +CPIN: READY"),
    ]

    @Test(arguments: rows)
    func answers(_ row: Row) {
        var whole = ChannelTalk()
        whole.send(row.command)
        #expect(whole.take() == ["write \(row.command)<CR>"])
        whole.hear(row.said)
        #expect(whole.take() == row.told)
        var pieces = ChannelTalk()
        pieces.send(row.command)
        _ = pieces.take()
        for byte in row.said.utf8 { pieces.hear(bytes: [byte]) }
        #expect(pieces.take() == row.told)
    }

    @Test func commandsGoOneAfterTheOther() {
        var talk = ChannelTalk()
        talk.send("AT+CSQ")
        talk.send("AT+CREG?")
        #expect(talk.take() == ["write AT+CSQ<CR>"])
        talk.hear("\r\n+CSQ: 1,2\r\nOK\r\n")
        #expect(talk.take() == [#"AT+CSQ: ["+CSQ: 1,2"] ok"#, "write AT+CREG?<CR>"])
    }

    @Test func anAnswerIsTimedFromItsWriting() {
        var talk = ChannelTalk()
        talk.send("AT+A")
        let started = talk.now
        talk.send("AT+B")
        talk.wait(40_000_000)
        talk.hear("OK\r\n")
        talk.wait(25_000_000)
        let actions = talk.channel.received("OK\r\n".utf8, now: talk.now)
        guard case .answered(_, let answer)? = actions.first else { return #expect(Bool(false)) }
        #expect(answer.sentNanoseconds == started + 40_000_000)
        #expect(answer.durationNanoseconds == 25_000_000)
    }

    @Test func messageAtAPrompt() {
        var talk = ChannelTalk()
        talk.send("AT+CMGS=24", data: "0011")
        talk.hear("AT+CMGS=24\r\r\n> ")
        #expect(talk.take() == ["write AT+CMGS=24<CR>", "write 0011<SUB>"])
        talk.hear("0011\u{1A}\r\n+CMGS: 5\r\n\r\nOK\r\n")
        #expect(talk.take() == [#"AT+CMGS=24: ["+CMGS: 5"] ok"#])
    }

    @Test func promptWithoutATextIsLeft() {
        var talk = ChannelTalk()
        talk.send("AT+CMGS=24")
        talk.hear("\r\n> ")
        talk.hear("\r\nOK\r\n")
        #expect(talk.take() == ["write AT+CMGS=24<CR>", "write <ESC>", "AT+CMGS=24: [] ok"])
    }

    /// The late OK must not end the next command.
    @Test func aLateResultEndsNothing() {
        var talk = ChannelTalk()
        talk.send("AT+SLOW", timeout: .seconds(1))
        talk.send("AT+NEXT")
        talk.wait(Self.second)
        #expect(talk.take() == ["write AT+SLOW<CR>", "AT+SLOW: [] timeout"])
        talk.wait(200_000_000)
        talk.hear("\r\n+SLOW: 1\r\nOK\r\n")
        talk.wait(300_000_000)
        #expect(talk.take() == ["write <ESC><CR>", "write AT<CR>"])
        talk.hear("\r\nOK\r\n")
        // One more that was on its way.
        talk.hear("\r\nOK\r\n")
        #expect(talk.take() == [])
        talk.wait(100_000_000)
        #expect(talk.take() == ["write AT+NEXT<CR>"])
        talk.hear("\r\nOK\r\n")
        #expect(talk.take() == ["AT+NEXT: [] ok"])
    }

    @Test func aSilentModemIsToldAsStuckAndComesBack() {
        var talk = ChannelTalk()
        talk.send("AT+CSQ")
        talk.wait(5 * Self.second)
        #expect(talk.take() == ["write AT+CSQ<CR>", "AT+CSQ: [] timeout"])
        talk.wait(4 * Self.second)
        let probe = ["write <ESC><CR>", "write AT<CR>"]
        #expect(talk.take() == probe + probe + probe + ["stuck"])
        talk.wait(10 * Self.second)
        #expect(talk.take().allSatisfy(probe.contains))
        talk.hear("\r\nOK\r\n")
        #expect(talk.take() == ["ready"])
        talk.wait(Self.second)
        talk.send("AT")
        #expect(talk.take() == ["write AT<CR>"])
    }

    @Test func aModemIsAskedForBeforeTheFirstCommand() {
        var talk = ChannelTalk(isReady: false)
        talk.send("AT+CSQ")
        talk.hear("half an ans")
        #expect(talk.take() == [])
        talk.wait(Self.second / 2)
        #expect(talk.take() == ["write <ESC><CR>", "write AT<CR>"])
        talk.hear("AT\r\r\nOK\r\n")
        talk.wait(Self.second / 2)
        #expect(talk.take() == ["ready", "write AT+CSQ<CR>"])
    }

    /// Noise without end cannot keep the modem from being asked.
    @Test func noiseIsNotWaitedOutForEver() {
        var talk = ChannelTalk(isReady: false)
        for _ in 0..<21 {
            talk.wait(100_000_000)
            talk.hear("\r\n+CREG: 1\r\n")
        }
        #expect(talk.take().contains("write AT<CR>"))
    }

    @Test func abort() {
        var talk = ChannelTalk()
        let search = talk.send("AT+COPS=?")
        let waiting = talk.send("AT+CSQ")
        talk.abort(waiting)
        talk.abort(search)
        #expect(talk.take() == ["write AT+COPS=?<CR>", "AT+CSQ: [] aborted unsent", "write <CR>"])
        talk.hear("\r\nERROR\r\n")
        #expect(talk.take() == ["AT+COPS=?: [] aborted"])
        talk.abort(search)
        #expect(talk.take() == [])
    }

    @Test func anAbortThatIsNotHeardEnds() {
        var talk = ChannelTalk()
        let ticket = talk.send("AT+COPS=?")
        talk.abort(ticket)
        talk.wait(2 * Self.second)
        #expect(talk.take().contains("AT+COPS=?: [] aborted"))
    }

    @Test func aClosedPortEndsAll() {
        var talk = ChannelTalk()
        talk.send("AT+A")
        let second = talk.send("AT+B")
        talk.close()
        #expect(talk.take() == ["write AT+A<CR>", "AT+A: [] port_lost", "AT+B: [] port_lost unsent"])
        #expect(talk.send("AT+C") > second)
    }

    @Test func theQueueHasABound() {
        var talk = ChannelTalk()
        for _ in 0...ATChannel.queueLimit { talk.send("AT") }
        #expect(talk.take() == ["write AT<CR>"])
        talk.send("AT+MORE")
        #expect(talk.take() == ["AT+MORE: [] aborted unsent"])
    }

    @Test func answersHaveABound() {
        var talk = ChannelTalk()
        talk.send("AT+CMGL")
        for _ in 0..<ATChannel.lineLimit + 10 { talk.hear("line\r\n") }
        talk.hear("OK\r\n")
        let told = talk.take().last ?? ""
        #expect(told.hasSuffix("ok cut"))
        #expect(told.count(of: "line") == ATChannel.lineLimit)
    }

    @Test func aCommandCannotHideAnother() {
        var talk = ChannelTalk()
        talk.send("AT+CSQ\rAT+CFUN=0\n\u{1A}")
        #expect(talk.take() == ["write AT+CSQAT+CFUN=0<CR>"])
    }

    /// Twice the lines, twice the time: with a margin of four for a machine that is busy.
    @Test func timeIsLinear() {
        func seconds(_ lines: Int) -> Double {
            var talk = ChannelTalk()
            talk.send("AT+CMGL")
            let flood = Array(String(repeating: "> +CREG: 1,x \r\n", count: lines).utf8)
            return Double(
                (0..<3).map { _ -> UInt64 in
                    var channel = talk.channel
                    let start = EventClock.now.monotonicNanoseconds
                    _ = channel.received(flood, now: talk.now)
                    return EventClock.now.monotonicNanoseconds - start
                }.min() ?? 0)
        }
        let once = seconds(20_000)
        #expect(seconds(80_000) < once * 16)
    }

    @Test func anyBytesAreTaken() {
        var random = SeededGenerator(seed: 7)
        var talk = ChannelTalk()
        let pieces: [[UInt8]] = [
            "OK", "\r\n", "+CREG: ", "> ", "AT", "+CMT: 1", "ERROR", "+CME ERROR: ", ",", "\"", "\u{1A}",
        ]
        .map { Array($0.utf8) }
        for round in 0..<randomRounds {
            if round.isMultiple(of: 3) {
                talk.send(
                    ["AT", "AT+CREG?", "AT+CMGS=1"].randomElement(using: &random) ?? "",
                    data: round.isMultiple(of: 2) ? "x" : nil, timeout: .seconds(1))
            }
            talk.hear(
                bytes: Bool.random(using: &random) ? random.bytes(0...20) : pieces.randomElement(using: &random) ?? [])
            talk.wait(UInt64.random(in: 0...400_000_000, using: &random))
            if round.isMultiple(of: 97) { talk.close() }
            _ = talk.take()
        }
        // It works after all that.
        talk.close()
        talk.wait(Self.second)
        talk.hear("\r\nOK\r\n")
        talk.wait(Self.second)
        _ = talk.take()
        talk.send("AT+CSQ")
        talk.hear("\r\n+CSQ: 1,1\r\nOK\r\n")
        #expect(talk.take().last == #"AT+CSQ: ["+CSQ: 1,1"] ok"#)
    }
}

extension String {
    fileprivate func count(of text: String) -> Int { ranges(of: text).count }
}
