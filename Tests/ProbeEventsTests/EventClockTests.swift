import ProbeEvents
import SmartCard
import Testing

@Suite struct EventClockTests {
    private let clock = EventClock(monotonicNanoseconds: 1_000, wallNanoseconds: 50_000)

    /// Before and after the sample; and what no clock shows, which must not trap.
    @Test(arguments: [
        (UInt64(1_000), UInt64(50_000)), (0, 49_000), (400, 49_400), (1_600, 50_600),
        (.max, UInt64(50_000) &- 1_001),
    ])
    func wallTimeFollowsFromTheSample(_ monotonic: UInt64, _ wall: UInt64) {
        #expect(clock.wall(atMonotonic: monotonic) == wall)
    }

    @Test func stampsTakeTheirWallTimeFromTheSample() {
        let stamp = EventStamp(source: .shim, startNanoseconds: 400, durationNanoseconds: 7, clock: clock)
        #expect(
            stamp == EventStamp(source: .shim, startNanoseconds: 400, durationNanoseconds: 7, wallNanoseconds: 49_400))
    }

    @Test func bothClocksRun() {
        let (first, stamp, second) = (EventClock.now, EventStamp.now(source: .shim), EventClock.now)
        #expect(first.monotonicNanoseconds <= stamp.startNanoseconds)
        #expect(stamp.startNanoseconds <= second.monotonicNanoseconds)
        // 2024 or later: nanoseconds since 1970, not a tick count.
        #expect(first.wallNanoseconds > 1_704_000_000_000_000_000)
        #expect(stamp.durationNanoseconds == 0)
    }
}

@Suite struct APDUExchangeTests {
    private func exchange(
        _ response: HexBytes, result: UInt32 = 0, lasting: UInt64 = 100, wait: UInt64 = 0
    ) -> APDUExchange {
        APDUExchange(
            stamp: EventStamp(source: .shim, startNanoseconds: 0, durationNanoseconds: lasting, wallNanoseconds: 0),
            client: ClientProcess(id: 1, pid: 1, program: ""), thread: 1, session: 1, reader: "", interface: .pcsc,
            sessionProtocol: .t1, name: .other, command: [], response: response, isCut: false, resultCode: result,
            waitNanoseconds: wait, isWaitExact: true)
    }

    @Test(
        arguments: [
            ([0x90, 0x00] as HexBytes, UInt32(0), "9000"), ([0x01, 0x6A, 0x82], 0, "6A82"),
            ([0x90, 0x00], 0x8010_0069, nil),
            ([0x90], 0, nil), ([], 0, nil),
        ] as [(HexBytes, UInt32, String?)])
    func statusWord(_ response: HexBytes, _ result: UInt32, _ text: String?) {
        #expect(exchange(response, result: result).statusWord.map { String(format($0.value)) } == text)
    }

    @Test(arguments: [(UInt64(100), UInt64(40), UInt64(60)), (100, 100, 0), (100, 101, 0), (0, .max, 0)])
    func theCardsTimeIsWhatIsNotWaiting(_ lasting: UInt64, _ wait: UInt64, _ card: UInt64) {
        #expect(exchange([], lasting: lasting, wait: wait).cardNanoseconds == card)
    }

    private func format(_ value: UInt16) -> String {
        HexBytes([UInt8(value >> 8), UInt8(value & 0xFF)]).description
    }

    @Test(arguments: [("", []), ("00", [0]), ("a1B2", [0xA1, 0xB2])] as [(String, [UInt8])])
    func hexIsReadInBothCasesAndWrittenInUpper(_ text: String, _ bytes: [UInt8]) {
        #expect(HexBytes(hex: text)?.bytes == bytes)
        #expect(HexBytes(bytes).description == text.uppercased())
    }

    @Test(arguments: ["0", "0x", "0 ", "é", "٣٣", "\u{0}\u{0}"])
    func whatIsNoHexIsNil(_ text: String) {
        #expect(HexBytes(hex: text) == nil)
    }
}
