import ProbeEvents
import Testing

@testable import Observability

@Suite struct SummaryTextTests {
    @Test func typicalRun() {
        #expect(SummaryScenario.typical().text() == "")
    }

    @Test func otherRuns() {
        let run = SummaryScenario()
        run.attach()
        run.open()
        run.open(2, reader: "Alcor Micro AU9540 00 00", atr: [0x3B, 0xF8, 0x13, 0x00, 0x00, 0x81, 0x31, 0xFE, 0x45, 0x4A, 0x43, 0x4F, 0x50, 0x76, 0x32, 0x34, 0x31, 0xB7])
        run.send("0020000108FFFFFFFFFFFFFFFF", "63C2")
        run.send("0020000108FFFFFFFFFFFFFFFF", "63C1")
        run.send("0020000208FFFFFFFFFFFFFFFF", "6983")
        run.send("00A40004023F00", "", resultCode: 0x8010_0069, isWaitExact: false)
        run.send("00A4040007A0000000871002", "6A82", times: 40, reader: "Alcor Micro AU9540 00 00")
        run.send("00A4040007A0000000871002", "6D00", times: 2, reader: "Alcor Micro AU9540 00 00")
        run.call(.connect, resultCode: 0x8010_000B)
        run.call(.connect, resultCode: 0x8010_000C, waitMicroseconds: 5_000, isWaitExact: false)
        run.drop(.ringFull, 1_200)
        run.drop(.unfinished, 34)
        run.drop(.clientLost, 1)
        run.end(isOrderly: false, openSessions: 2)
        run.client = ClientProcess(id: 8, pid: 77, program: "scdaemon")
        run.attach()
        run.source(isWorking: false, "pcscd is not running; start it: systemctl start pcscd.socket")
        #expect(run.text(ending: .signalled(9)) == "")
    }
}
