import ProbeEvents
import TestSupport
import Testing

@testable import Taps

/// Lines of radio logs, in the forms of Android's own source.
@Suite struct RadioLogTests {
    private static let openChannel =
        "D036810301400182028182350702030403041F02390205780D08F4557365724C6F670D08F4557365725077643C0301AD9C3E052101010101"
    private static let opened = "8103014001820282818301003802810035070203040304 1F0239020578".filter { $0 != " " }
    private static let sendData = "D01381030143018202812 1B6080001020304050607".filter { $0 != " " }
    private static let sent = "810301430182028281830100B701FF"

    private static func line(_ tag: String, _ message: String) -> String {
        "08-02 00:04:31.113  2202  2288 D \(tag)    : \(message)"
    }

    /// A session that the log tells whole, among other lines.
    static let session = [
        line("RILJ", "[0042]> GET_IMSI aid: null [PHONE0]"), line("RILJ", "[0042]< GET_IMSI 310260000000000 [PHONE0]"),
        "--------- beginning of radio",
        line("RILJ", "[UNSL]< UNSOL_STK_PROACTIVE_COMMAND {\(openChannel)} [PHONE0]"),
        line("CAT", "CatService: ril message arrived,slotid:0"), line("CAT", "CatService: OPEN_CHANNEL"),
        line("RILJ", "[0043]> STK_SEND_TERMINAL_RESPONSE contents = \(opened) [PHONE0]"),
        line("RILJ", "[0043]< STK_SEND_TERMINAL_RESPONSE  [PHONE0]"),
        line("RILJ", "[UNSL]< UNSOL_STK_PROACTIVE_COMMAND {\(sendData)} [PHONE0]"),
        line("RILJ", "[0044]> STK_SEND_TERMINAL_RESPONSE contents = \(sent) [PHONE0]"),
    ]

    private static func told(_ lines: [String], piece: Int = .max) -> [String] {
        var log = RadioLog(phone: "R58N")
        var rest = Array((lines.joined(separator: "\n") + "\n").utf8)[...]
        var now: UInt64 = 0
        var events: [ProbeEvent] = []
        while !rest.isEmpty {
            now += 1_000_000
            let clock = EventClock(monotonicNanoseconds: now, wallNanoseconds: now)
            events += log.received(Array(rest.prefix(piece)), at: clock)
            rest = rest.dropFirst(piece)
        }
        events += log.ended(at: EventClock(monotonicNanoseconds: now, wallNanoseconds: now))
        for event in events { #expect(event.stamp.source == .adb) }
        return events.compactMap(\.channelWords)
    }

    @Test(arguments: [Int.max, 1, 7]) func aSessionInHex(piece: Int) {
        #expect(
            Self.told(Self.session, piece: piece) == [
                "opened 1 packet udp_client 44444 buffer 1400", "sent 8 on 1",
                "closed 1 failed source_gone 8 sent 0 received",
            ])
    }

    /// Stock builds have names only, and the answer whole.
    @Test func aSessionInNames() {
        let arrived = Self.line("RILJ", "[UNSL]< UNSOL_STK_PROACTIVE_COMMAND [PHONE0]")
        func answer(_ hex: String) -> String {
            Self.line("RILJ", "[0043]> STK_SEND_TERMINAL_RESPONSE contents = \(hex) [PHONE0]")
        }
        #expect(
            Self.told([
                arrived, Self.line("CAT", "CatService: OPEN_CHANNEL"), answer(Self.opened),
                arrived, Self.line("CAT", "CatService: RECEIVE_DATA"),
                answer("810301420082028281830100B603010203B70100"),
                arrived, Self.line("CAT", "CatService: CLOSE_CHANNEL"), answer("810301410082028281830100"),
                Self.line("RILJ", "[UNSL]< UNSOL_STK_SESSION_END [PHONE0]"),
            ]) == ["opened 1 packet none buffer 1400", "received 3 on 1", "closed 1 completed card 0 sent 3 received"])
    }

    /// A refusal is one, and a command that nobody answers is taken as done.
    @Test func refusedAndNotAnswered() {
        let arrived = Self.line("RILJ", "[UNSL]< UNSOL_STK_PROACTIVE_COMMAND [PHONE0]")
        let notice = Self.line("RILJ", "[UNSL]< UNSOL_STK_EVENT_NOTIFY [PHONE0]")
        let open = Self.line("CAT", "CatService: OPEN_CHANNEL")
        let refusal = "810301400182028281830222 00".filter { $0 != " " }
        #expect(
            Self.told([
                arrived, open, Self.line("RILJ", "[7]> STK_SEND_TERMINAL_RESPONSE contents = \(refusal)"),
                notice, open, notice, Self.line("CAT", "CatService: CLOSE_CHANNEL"),
            ]) == [
                "failed open_channel other refused_by_user", "opened 1 other none",
                "closed 1 completed card 0 sent 0 received",
            ])
        #expect(
            Self.told([arrived, open, Self.line("RILJ", "[UNSL]< UNSOL_STK_SESSION_END [PHONE0]")])
                == ["opened 1 other none", "closed 1 failed source_gone 0 sent 0 received"])
    }

    /// Two cards at once have channels of their own.
    @Test func slotsAreTwoCards() {
        let open = { (slot: Int) in
            [
                Self.line("RILJ", "[UNSL]< UNSOL_STK_PROACTIVE_COMMAND {\(Self.openChannel)} [PHONE\(slot)]"),
                Self.line("RILJ", "[8]> STK_SEND_TERMINAL_RESPONSE contents = \(Self.opened) [PHONE\(slot)]"),
            ]
        }
        let words = Self.told(open(0) + open(1) + open(9))
        #expect(words.filter { $0.hasPrefix("opened") }.count == 2 && words.count == 4)
    }

    /// A message to the card wakes it.
    @Test func aTriggerInAnEnvelope() {
        let message =
            "D14082028381060591214365F78B33440791214365F77FF62211211000000022027000001D1516211515B00011"
            + "0000000001000102030405060708A0A40000023F00"
        let words = Self.told([
            Self.line("RILJ", "[9]> STK_SEND_ENVELOPE_WITH_STATUS contents = \(message) [PHONE0]")
        ])
        #expect(words == ["trigger sms B00011"])
    }

    @Test(arguments: [
        "", "x", "08-02 00:04:31.113  2202  2288 D RILJ", "08-02 00:04:31.113  2202  2288 D RILJ    : ",
        "08-02 00:04:31.113  2202  2288 D OTHER    : [UNSL]< UNSOL_STK_SESSION_END",
        "08-02 00:04:31.113  2202  2288 D RILJ    : [UNSL> UNSOL_STK_SESSION_END",
        "08-02 00:04:31.113  2202  2288 D RILJ    : [1]> STK_SEND_TERMINAL_RESPONSE contents = 8103******** [PHONE0]",
        "08-02 00:04:31.113  2202  2288 D RILJ    : [1]> SETUP_DATA_CALL contents = 00",
        "08-02 00:04:31.113  2202  2288 D CAT     : CatService: cmd OPEN_CHANNEL with null alpha id",
        "08-02 00:04:31.113  2202  2288 D CAT     : CatService: SET_UP_MENU",
    ])
    func otherLinesTellNothing(_ line: String) { #expect(RadioLogLine(Array(line.utf8)) == nil) }

    @Test func aLineThatIsTooLongIsPassedOver() {
        let long = Self.line("RILJ", String(repeating: "x", count: 1_000_000))
        #expect(Self.told([long] + Self.session) == Self.told(Self.session))
    }
}
