import Observability
import ProbeEvents
import SmartCard
import Testing

/// Events of several clients, told ring by ring, in the order of their ends.
@Suite struct TimeOrderTests {
    private static func client(_ id: UInt64) -> ClientProcess { ClientProcess(id: id, pid: 1, program: "p") }

    private static func stamp(_ end: UInt64, lasting duration: UInt64 = 0) -> EventStamp {
        EventStamp(
            source: .shim, startNanoseconds: end - duration, durationNanoseconds: duration, wallNanoseconds: 0)
    }

    private static func apdu(_ id: UInt64, end: UInt64, lasting duration: UInt64 = 0) -> ProbeEvent {
        .apdu(
            APDUExchange(
                stamp: stamp(end, lasting: duration), client: client(id), thread: 1, session: 1, reader: "R",
                interface: .pcsc, sessionProtocol: .t0, name: .select, command: [0, 0xA4, 0, 0], response: [0x90, 0],
                isCut: false, resultCode: 0, waitNanoseconds: 0, isWaitExact: true))
    }

    private static func drained(_ id: UInt64, _ time: UInt64) -> ProbeEvent {
        .clientDrained(ClientDrained(stamp: stamp(time), client: client(id)))
    }

    private static func attached(_ id: UInt64, _ time: UInt64) -> ProbeEvent {
        .clientAttached(ClientAttached(stamp: stamp(time), client: client(id), library: "", isWaitExact: true))
    }

    private static func ended(_ id: UInt64, _ time: UInt64) -> ProbeEvent {
        .clientEnded(ClientEnded(stamp: stamp(time), client: client(id), isOrderly: true, openSessions: 0))
    }

    private static func ends(_ events: [ProbeEvent]) -> [UInt64] {
        events.map { $0.stamp.startNanoseconds + $0.stamp.durationNanoseconds }
    }

    @Test func oneThatWasToldLaterComesFirst() {
        var order = TimeOrder()
        let first = [
            Self.attached(1, 10), Self.attached(2, 11), Self.apdu(1, end: 20), Self.apdu(1, end: 40),
            Self.drained(1, 50),
            Self.apdu(2, end: 30, lasting: 15), Self.drained(2, 50), Self.drained(1, 70),
        ]
        #expect(first.flatMap { order.receive($0) } == [])
        #expect(Self.ends(order.receive(Self.drained(2, 70))) == [10, 11, 20, 30, 40])
    }

    /// The second one's SELECT lies between the first one's commands, and the first is drained before it is let in.
    @Test func oneThatAttachesMeanwhileIsWaitedFor() {
        var order = TimeOrder()
        let told = [
            Self.attached(1, 10), Self.apdu(1, end: 40), Self.drained(1, 50), Self.attached(2, 51),
            Self.apdu(2, end: 45),
            Self.drained(1, 70),
        ].flatMap { order.receive($0) }
        #expect(told == [])
        #expect(order.receive(Self.drained(2, 70)) == [])
        #expect(Self.ends(order.receive(Self.drained(2, 90))) == [10, 40, 45])
    }

    @Test func nobodyIsLeftToWaitFor() {
        var order = TimeOrder()
        let told = [Self.attached(1, 10), Self.apdu(1, end: 20), Self.ended(1, 30)].flatMap { order.receive($0) }
        #expect(Self.ends(told) == [10, 20, 30])
    }

    @Test func aLossIsBehindWhatCameBefore() {
        var order = TimeOrder()
        let loss = ProbeEvent.eventsDropped(EventsDropped(stamp: Self.stamp(99), reason: .ringFull, count: 1))
        let events = [Self.attached(1, 10), Self.apdu(1, end: 20), loss, Self.apdu(1, end: 30)]
        let told = events.flatMap { order.receive($0) }
        #expect(told == Array(events.prefix(3)))
        #expect(order.finish() == [events[3]])
    }

    @Test func noMoreIsHeldThanTheLimit() {
        var order = TimeOrder()
        let told = (1...UInt64(TimeOrder.eventLimit + 1)).flatMap { order.receive(Self.apdu(1, end: $0)) }
        #expect(told.count == TimeOrder.eventLimit + 1 && order.failures == 1)
    }

    /// A lost end of a client must not hold the others up.
    @Test func afterAResetOnlyTheLivingAreWaitedFor() {
        var order = TimeOrder()
        _ = [Self.attached(1, 1), Self.attached(2, 1), Self.apdu(1, end: 5)].flatMap { order.receive($0) }
        #expect(order.reset().count == 3)
        _ = [Self.apdu(1, end: 10), Self.drained(1, 20)].flatMap { order.receive($0) }
        #expect(order.receive(Self.drained(1, 40)).count == 1)
    }
}
