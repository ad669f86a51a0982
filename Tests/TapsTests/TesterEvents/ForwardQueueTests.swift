import ProbeEvents
import Testing

@testable import Taps

@Suite struct ForwardQueueTests {
    private let clock = EventClock(monotonicNanoseconds: 10_000, wallNanoseconds: 20_000)

    private func queue(events: Int = 100, bytes: Int = 1 << 20, unconfirmed: Int = 100) -> ForwardQueue {
        var limits = EventForwarder.Limits()
        (limits.events, limits.bytes, limits.unconfirmed) = (events, bytes, unconfirmed)
        return ForwardQueue(limits: limits)
    }

    private func send(_ queue: inout ForwardQueue) -> [String] {
        var words: [String] = []
        while let event = queue.next(clock: clock) { words.append(word(event)) }
        return words
    }

    private func losses(_ queue: ForwardQueue) -> [String] {
        queue.losses.map { "\($0.key.source.name) \($0.key.reason.name) \($0.value)" }.sorted()
    }

    @Test func sendsInOrderAndForgetsWhatIsConfirmed() {
        var queue = queue()
        queue.connected()
        for number in 1...3 { queue.append(Sample.apdu(number)) }
        #expect(send(&queue) == ["apdu 1", "apdu 2", "apdu 3"])
        queue.confirm(Receipt(received: 2), clock: clock)
        #expect(queue.delivered == 2)
        #expect(!queue.isEmpty)
        queue.confirm(Receipt(received: 3), clock: clock)
        #expect(queue.isEmpty)
        #expect(queue.losses.isEmpty)
    }

    @Test func sendsNothingUntilConnectedAndNoMoreThanMayBeUnconfirmed() {
        var queue = queue(unconfirmed: 2)
        for number in 1...3 { queue.append(Sample.apdu(number)) }
        #expect(send(&queue) == [])
        queue.connected()
        #expect(send(&queue) == ["apdu 1", "apdu 2"])
        queue.confirm(Receipt(received: 1), clock: clock)
        #expect(send(&queue) == ["apdu 3"])
    }

    @Test func theNextDaemonHearsWhatIsOpenThenWhatWasNotConfirmed() {
        var queue = queue()
        queue.connected()
        for event in [Sample.attached(), Sample.opened(1), Sample.opened(2), Sample.closed(1), Sample.apdu(1)] {
            queue.append(event)
        }
        _ = send(&queue)
        queue.confirm(Receipt(received: 3), clock: clock)
        queue.disconnected()
        queue.append(Sample.closed(2))
        // Twice, since the second connection breaks before it confirms anything.
        for _ in 0..<2 {
            queue.connected()
            #expect(
                send(&queue) == [
                    "attached 7", "opened 7/1", "opened 7/2", "closed 7/1 completed", "apdu 1", "closed 7/2 completed",
                ])
            queue.disconnected()
        }
        queue.connected()
        _ = send(&queue)
        queue.confirm(Receipt(received: 6), clock: clock)
        #expect(queue.delivered == 6)
        #expect(queue.isEmpty)
        queue.connected()
        #expect(send(&queue) == ["attached 7"])
    }

    @Test(arguments: [true, false])
    func theOldestGoesAndIsToldAsLost(isConnected: Bool) {
        var queue = queue(events: 2)
        if isConnected { queue.connected() }
        for number in 1...5 { queue.append(Sample.apdu(number)) }
        let reason = isConnected ? "queue_full" : "receiver_gone"
        #expect(losses(queue) == ["shim \(reason) 3"])
        if !isConnected { queue.connected() }
        #expect(send(&queue) == ["dropped shim \(reason) 3", "apdu 4", "apdu 5"])
        queue.confirm(Receipt(received: 3), clock: clock)
        #expect(queue.delivered == 2)
        #expect(queue.isEmpty)
    }

    @Test func bytesAreBoundedToo() {
        guard case .apdu(var exchange) = Sample.apdu(1) else { return }
        exchange.command = HexBytes([UInt8](repeating: 0, count: 60_000))
        var queue = queue(bytes: 200_000)
        for _ in 0..<10 { queue.append(.apdu(exchange)) }
        #expect(losses(queue) == ["shim receiver_gone 7"])
    }

    @Test func openingsAndEndsAreSparedUnlessTheyCancelOut() {
        var queue = queue(events: 1)
        queue.connected()
        queue.append(Sample.attached())
        _ = send(&queue)
        for event in [
            Sample.opened(1), Sample.apdu(1), Sample.closed(1), Sample.opened(2), Sample.apdu(2), Sample.apdu(3),
        ] { queue.append(event) }
        #expect(losses(queue) == ["shim queue_full 4"])
        #expect(send(&queue) == ["opened 7/2", "dropped shim queue_full 4", "apdu 3"])
    }

    @Test func aLossThatIsLostStaysALoss() {
        var queue = queue(events: 1)
        queue.append(Sample.dropped(40))
        queue.append(Sample.apdu(1))
        queue.connected()
        #expect(
            Set(send(&queue)) == ["dropped shim ring_full 40", "dropped shim receiver_gone 1", "apdu 1"])
    }

    @Test func whatTheDaemonSkippedIsLost() {
        var queue = queue()
        queue.connected()
        for number in 1...3 { queue.append(Sample.apdu(number)) }
        _ = send(&queue)
        queue.confirm(Receipt(received: 2, skipped: 1), clock: clock)
        #expect(queue.delivered == 2)
        #expect(losses(queue) == ["shim malformed 1"])
    }

    @Test(arguments: [
        Receipt(received: .max, skipped: .max), Receipt(received: .max), Receipt(skipped: .max), Receipt(received: 0),
    ])
    func aDaemonThatLiesDoesNoHarm(_ receipt: Receipt) {
        var queue = queue()
        queue.connected()
        queue.append(Sample.apdu(1))
        _ = send(&queue)
        queue.confirm(Receipt(received: 1), clock: clock)
        queue.confirm(receipt, clock: clock)
        queue.append(Sample.apdu(2))
        queue.abandon()
        #expect(queue.delivered + queue.lossCount == 2)
    }

    @Test func whatIsAbandonedIsLost() {
        var queue = queue(events: 1)
        queue.connected()
        queue.append(Sample.apdu(1))
        _ = send(&queue)
        queue.disconnected()
        for event in [Sample.opened(1), Sample.apdu(2)] { queue.append(event) }
        queue.abandon()
        queue.refuse(Sample.apdu(3))
        #expect(losses(queue) == ["shim receiver_gone 4"])
    }
}
