import Foundation
import ProbeEvents
import SmartCard

@testable import Observability

/// A run told event by event, on a clock of its own.
final class SummaryScenario {
    static let reader = "Virtual PCD 00 00"
    /// The ATR of a sysmoISIM-SJA2.
    static let atr: HexBytes = [
        0x3B, 0x9F, 0x96, 0x80, 0x1F, 0x87, 0x80, 0x31, 0xE0, 0x73, 0xFE, 0x21, 0x1B, 0x67, 0x4A, 0x4C, 0x75, 0x30,
        0x34, 0x05, 0x4B, 0xA9,
    ]

    let summary = RunSummary()
    private let sink: any EventSink
    var now: UInt64 = 1_000_000_000
    var client = ClientProcess(id: 7, pid: 4242, program: "opensc-tool")
    private var context = CardContext()
    private var expectations: [RunReport.Expectation] = []

    /// A run that is told to a sink; to its summary, where none is named.
    init(telling sink: (any EventSink)? = nil) { self.sink = sink ?? summary }

    func tell(_ event: ProbeEvent) { sink.receive(event) }

    func stamp(_ durationNanoseconds: UInt64 = 0) -> EventStamp {
        EventStamp(source: .shim, startNanoseconds: now, durationNanoseconds: durationNanoseconds, wallNanoseconds: 0)
    }

    func attach() {
        tell(
            .clientAttached(
                ClientAttached(
                    stamp: stamp(), client: client, library: "/usr/lib/libpcsclite_real.so.1", isWaitExact: true)))
    }

    func end(isOrderly: Bool = true, openSessions: Int = 0) {
        tell(
            .clientEnded(
                ClientEnded(
                    stamp: stamp(), client: client, isOrderly: isOrderly, openSessions: openSessions)))
    }

    func open(_ session: UInt64 = 1, reader: String = SummaryScenario.reader, atr: HexBytes? = SummaryScenario.atr) {
        tell(
            .sessionOpened(
                ReaderSessionOpened(
                    stamp: stamp(), client: client, session: session, reader: reader, sessionProtocol: .t1, shareMode: 2
                )))
        if let atr {
            tell(.cardIdentified(CardIdentified(stamp: stamp(), client: client, reader: reader, atr: atr)))
        }
    }

    func close(
        _ session: UInt64 = 1, reader: String = SummaryScenario.reader, lasted: UInt64, error: SessionErrorType? = nil
    ) {
        tell(
            .sessionClosed(
                ReaderSessionClosed(
                    stamp: stamp(lasted), client: client, session: session, reader: reader,
                    status: error == nil ? .completed : .failed, error: error)))
    }

    /// A command and its answer in hex, as many times as asked, named as the tap would.
    func send(
        _ command: String, _ response: String, microseconds: UInt64 = 1_000, times: Int = 1,
        reader: String = SummaryScenario.reader, resultCode: UInt32 = 0, waitMicroseconds: UInt64 = 0,
        isWaitExact: Bool = true, isExpected: Bool = false
    ) {
        let sent = HexBytes(hex: command) ?? []
        for _ in 0..<times {
            let exchange = APDUExchange(
                stamp: stamp((microseconds + waitMicroseconds) * 1_000), client: client, thread: 1, session: 1,
                reader: reader, interface: .pcsc, sessionProtocol: .t1,
                name: CommandAPDU(sent.bytes).name(context: context), command: sent,
                response: HexBytes(hex: response) ?? [], isCut: false, resultCode: resultCode,
                waitNanoseconds: waitMicroseconds * 1_000, isWaitExact: isWaitExact, isExpected: isExpected)
            tell(.apdu(exchange))
            now += (microseconds + waitMicroseconds) * 1_000
        }
    }

    func call(
        _ operation: DeviceOperation, resultCode: UInt32 = 0, times: Int = 1, waitMicroseconds: UInt64 = 0,
        isWaitExact: Bool = true, reader: String = SummaryScenario.reader
    ) {
        for _ in 0..<times {
            tell(
                .operation(
                    ReaderOperation(
                        stamp: stamp(waitMicroseconds * 1_000), client: client, thread: 1, session: 0, reader: reader,
                        operation: operation, resultCode: resultCode, waitNanoseconds: waitMicroseconds * 1_000,
                        isWaitExact: isWaitExact)))
        }
    }

    func change(_ change: ReaderChange.Change, reader: String) {
        tell(.readerChanged(ReaderChange(stamp: stamp(), reader: reader, change: change)))
    }

    func drop(_ reason: DropReason, _ count: UInt64) {
        tell(.eventsDropped(EventsDropped(stamp: stamp(), reason: reason, count: count)))
    }

    func source(isWorking: Bool, _ message: String = "", from source: SourceKind = .shim) {
        tell(
            .sourceState(
                SourceState(
                    stamp: EventStamp(source: source, startNanoseconds: now, wallNanoseconds: 0), isWorking: isWorking,
                    message: message)))
    }

    /// What it came to, when it lasted that many milliseconds from 2025-01-31T12:00:00Z.
    /// A rule of the whole run, with how often it met its failure.
    func expect(_ expectation: RunReport.Expectation) { expectations.append(expectation) }

    func report(
        program: String = "opensc-tool", ending: RunOutcome.Ending = .exited(0), milliseconds: UInt64 = 420,
        remark: String = "no call"
    ) -> RunReport {
        var outcome = RunOutcome(
            program: program, ending: ending, startedNanoseconds: 1_000_000_000,
            endedNanoseconds: 1_000_000_000 + milliseconds * 1_000_000,
            startedWallNanoseconds: 1_738_324_800_000_000_000, remarkWithoutCalls: remark)
        outcome.expectations = expectations
        return summary.report(of: outcome)
    }

    /// The text of the report on 80 columns and 24 lines without colours.
    func text(milliseconds: UInt64 = 420, ending: RunOutcome.Ending = .exited(0)) -> String {
        SummaryText(report(ending: ending, milliseconds: milliseconds)).text
    }

    /// The run that the documentation shows.
    static func typical() -> SummaryScenario {
        let run = SummaryScenario()
        run.attach()
        run.open()
        run.send("00A40004023F00", "6110", microseconds: 3_100)
        run.send("00C0000010", "000102030405060708090A0B0C0D0E0F9000", microseconds: 400)
        run.send("00A4000402DF01", "6A82", microseconds: 9_800, times: 2)
        run.send("00A40004022FE2", "9000", microseconds: 10_200, times: 9)
        run.send("00B000000A", "898600000000000000019000", microseconds: 2_000, times: 7)
        run.send("00B000000A", "6982", microseconds: 4_400, waitMicroseconds: 12_000)
        run.call(.beginTransaction, times: 2)
        run.call(.status)
        run.close(lasted: 400_000_000)
        run.end()
        return run
    }
}
