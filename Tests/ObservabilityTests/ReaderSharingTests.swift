import Glibc
import ProbeEvents
import SmartCard
import Synchronization
import TestSupport
import Testing

@testable import Observability

/// What of a command's time was others', by commands whose true times are known.
@Suite struct ReaderSharingTests {
    /// A bench of clients whose calls are told by hand; times in milliseconds from an hour after boot.
    private final class Scene {
        let sink = RecordingSink()
        let sharing: SharingSink

        init() {
            final class Box: Sendable { let value = Mutex(StrangerSight.nothing) }
            let box = Box()
            sharing = SharingSink(sink) { _, _ in box.value.withLock { $0 } }
            strangers = { sight in box.value.withLock { $0 = sight } }
        }

        let strangers: (StrangerSight) -> Void

        /// When the scene began: what is seen of strangers is told by the same clock.
        private let epoch = EventClock.monotonicNow

        func stamp(_ start: Double, _ duration: Double = 0) -> EventStamp {
            EventStamp(
                source: .shim, startNanoseconds: epoch + UInt64(start * 1e6),
                durationNanoseconds: UInt64(duration * 1e6),
                wallNanoseconds: 1_700_000_000_000_000_000)
        }

        static func client(_ id: UInt64) -> ClientProcess { ClientProcess(id: id, pid: Int32(id), program: "c\(id)") }

        func attach(_ id: UInt64, session: UInt64 = 1, reader: String = "R", context: UInt32 = 1) {
            if session == 1 {
                sharing.receive(
                    .clientAttached(
                        ClientAttached(
                            stamp: stamp(0), client: Self.client(id), library: "", isWaitExact: true)))
                let nothing = EventStamp(source: .shim, startNanoseconds: 0, wallNanoseconds: 0)
                sharing.receive(.clientDrained(ClientDrained(stamp: nothing, client: Self.client(id))))
            }
            sharing.receive(
                .sessionOpened(
                    ReaderSessionOpened(
                        stamp: stamp(0), client: Self.client(id), session: session, reader: reader,
                        sessionProtocol: .t1, shareMode: 2, context: context)))
        }

        func apdu(
            _ id: UInt64, _ start: Double, _ duration: Double, wait: Double = 0, session: UInt64 = 1,
            reader: String = "R", thread: UInt32 = 1, isWaitExact: Bool = true
        ) {
            sharing.receive(
                .apdu(
                    APDUExchange(
                        stamp: stamp(start, duration), client: Self.client(id), thread: thread, session: session,
                        reader: reader, interface: .pcsc, sessionProtocol: .t1, name: .select,
                        command: [0, 0xA4, 0, 0], response: [0x90, 0], isCut: false, resultCode: 0,
                        waitNanoseconds: UInt64(wait * 1e6), isWaitExact: isWaitExact)))
        }

        func operation(_ id: UInt64, _ kind: DeviceOperation, _ start: Double, _ duration: Double, session: UInt64 = 1)
        {
            sharing.receive(
                .operation(
                    ReaderOperation(
                        stamp: stamp(start, duration), client: Self.client(id), thread: 9, session: session,
                        reader: "R", operation: kind, resultCode: 0, waitNanoseconds: 0, isWaitExact: true,
                        context: session == 0 ? 1 : nil)))
        }

        func drained(_ id: UInt64, _ until: Double) {
            sharing.receive(.clientDrained(ClientDrained(stamp: stamp(until), client: Self.client(id))))
        }

        func end(_ id: UInt64) {
            sharing.receive(
                .clientEnded(
                    ClientEnded(stamp: stamp(0), client: Self.client(id), isOrderly: true, openSessions: 0)))
        }

        /// `client: card time`, with `≤` where it is a bound, of the commands told so far.
        var told: [String] {
            sink.events.compactMap { event in
                guard case .apdu(let exchange) = event else { return nil }
                let milliseconds = Double(exchange.cardNanoseconds / 100_000) / 10
                return "\(exchange.client.id): \(exchange.isUpperBound ? "≤ " : "")\(milliseconds)"
            }
        }
    }

    @Test func aProgramAloneIsToldAtOnce() {
        let scene = Scene()
        scene.attach(1)
        scene.apdu(1, 0, 5)
        scene.apdu(1, 6, 5)
        scene.drained(1, 20)
        #expect(scene.told == ["1: 5.0", "1: 5.0"])
    }

    /// Both send at once: each waits while the other is served.
    @Test func twoProgramsTakeTurns() {
        let scene = Scene()
        scene.attach(1)
        scene.attach(2)
        scene.apdu(1, 0, 40)
        scene.apdu(1, 41, 79)
        scene.drained(1, 130)
        #expect(scene.told.isEmpty)
        scene.apdu(2, 10, 70)
        scene.apdu(2, 81, 79)
        scene.drained(2, 130)
        // What the other may still tell of comes later.
        #expect(scene.told == ["1: 40.0", "1: 40.0", "2: 40.0"])
        scene.drained(1, 170)
        scene.drained(2, 170)
        #expect(scene.told == ["1: 40.0", "1: 40.0", "2: 40.0", "2: 40.0"])
    }

    /// Programs on different readers do not wait for one another.
    @Test func otherReadersDoNotMatter() {
        let scene = Scene()
        scene.attach(1)
        scene.attach(2, reader: "other")
        scene.apdu(1, 0, 40)
        scene.drained(1, 50)
        #expect(scene.told == ["1: 40.0"])
        scene.apdu(2, 10, 40, reader: "other")
        scene.drained(2, 60)
        #expect(scene.told == ["1: 40.0", "2: 40.0"])
    }

    /// The sleeps before the last try are known; only after them can the other be in the way.
    @Test func transactionThenSharing() {
        let scene = Scene()
        scene.attach(1)
        scene.attach(2)
        scene.apdu(1, 0, 500)
        scene.apdu(1, 501, 119)
        scene.apdu(2, 10, 650, wait: 500)
        scene.drained(1, 700)
        scene.drained(2, 700)
        // 2 tried for the last time at 510, was served from 620 on and answered at 660.
        #expect(scene.told == ["1: 500.0", "1: 119.0", "2: 40.0"])
    }

    /// The library makes the calls of one context one after the other, whatever the reader.
    @Test func threadsOnOneContextWaitForOneAnother() {
        let scene = Scene()
        scene.attach(1)
        scene.attach(1, session: 2, reader: "other")
        scene.apdu(1, 0, 40)
        scene.apdu(1, 5, 75, session: 2, reader: "other", thread: 2)
        scene.operation(1, .waitForChange, 90, 100, session: 0)
        scene.apdu(1, 100, 130, thread: 1)
        scene.drained(1, 300)
        #expect(scene.told.sorted() == ["1: 40.0", "1: 40.0", "1: 40.0"])
    }

    @Test func threadsOnTwoContextsDoNot() {
        let scene = Scene()
        scene.attach(1)
        scene.attach(1, session: 2, reader: "other", context: 2)
        scene.apdu(1, 0, 40)
        scene.apdu(1, 5, 75, session: 2, reader: "other", thread: 2)
        scene.drained(1, 300)
        #expect(scene.told.sorted() == ["1: 40.0", "1: 75.0"])
    }

    /// While another program resets the card it is not known when its call was served.
    @Test func aResetBetweenMakesABound() {
        let scene = Scene()
        scene.attach(1)
        scene.attach(2)
        scene.operation(2, .reconnect, 5, 30)
        scene.apdu(1, 0, 50)
        scene.drained(1, 60)
        scene.drained(2, 60)
        #expect(scene.told == ["1: ≤ 50.0"])
    }

    @Test func strangersMakeBounds() {
        let scene = Scene()
        scene.attach(1)
        scene.apdu(1, 0, 1)
        scene.drained(1, 2)
        #expect(scene.told == ["1: 1.0"])
        scene.strangers(.activity)
        // Looks are at least 5 ms apart.
        usleep(6_000)
        scene.apdu(1, 1, 4)
        scene.drained(1, 13)
        #expect(scene.told.last == "1: ≤ 4.0")
    }

    /// One that has come and gone between two looks at the rings was seen halfway.
    @Test func strangersAreLookedForBetween() {
        let scene = Scene()
        scene.attach(1)
        scene.strangers(.activity)
        usleep(6_000)
        scene.sharing.lookAround()
        scene.strangers(.nothing)
        usleep(6_000)
        scene.apdu(1, 1, 4)
        scene.drained(1, 13)
        #expect(scene.told == ["1: ≤ 4.0"])
    }

    /// A program that is about to make itself known holds things up until the next look.
    @Test func whoComesIsWaitedFor() {
        let scene = Scene()
        scene.attach(1)
        scene.strangers(.undecided)
        usleep(6_000)
        scene.apdu(1, 7, 5)
        scene.drained(1, 13)
        #expect(scene.told.isEmpty)
        scene.strangers(.nothing)
        usleep(6_000)
        scene.drained(1, 20)
        #expect(scene.told == ["1: 5.0"])
    }

    /// A client that ended is known, one that hangs is waited for a second and no longer.
    @Test func nobodyIsHeldForEver() {
        let scene = Scene()
        scene.attach(1)
        scene.attach(2)
        scene.attach(3)
        scene.apdu(1, 0, 5)
        scene.drained(1, 10)
        scene.drained(3, 10)
        #expect(scene.told.isEmpty)
        scene.end(2)
        #expect(scene.told == ["1: 5.0"])
        scene.apdu(1, 11, 5)
        scene.drained(1, 20)
        #expect(scene.told.count == 1)
        usleep(1_050_000)
        scene.drained(1, 1_100)
        #expect(scene.told == ["1: 5.0", "1: ≤ 5.0"])
        scene.apdu(1, 1_101, 5)
        scene.sharing.finish()
        #expect(scene.told == ["1: 5.0", "1: ≤ 5.0", "1: ≤ 5.0"])
    }

    /// Events of one client come out in the order in which they went in.
    @Test func orderIsKept() {
        let scene = Scene()
        scene.attach(1)
        scene.attach(2)
        scene.apdu(1, 0, 5)
        scene.operation(1, .endTransaction, 6, 1)
        scene.apdu(1, 8, 5)
        scene.end(1)
        let before = scene.sink.count
        scene.drained(2, 30)
        let names = scene.sink.events.dropFirst(before).map { event in
            switch event {
            case .apdu: "apdu"
            case .operation: "operation"
            case .clientEnded: "ended"
            default: "?"
            }
        }
        #expect(names == ["apdu", "operation", "apdu", "ended"])
    }

    /// Of clients that come and never say that they end, as a tester's own events may have it, nothing stays.
    @Test func whoPassesIsForgotten() {
        var sharing = ReaderSharing()
        let scene = Scene()
        for number in 1...1_000 {
            let client = Scene.client(UInt64(number))
            let stamp = scene.stamp(Double(number))
            let opened = ReaderSessionOpened(
                stamp: stamp, client: client, session: 1, reader: "R", sessionProtocol: .t1, shareMode: 2)
            let closed = ReaderSessionClosed(
                stamp: stamp, client: client, session: 1, reader: "R", status: .completed, error: nil)
            #expect(sharing.receive(.sessionOpened(opened), now: stamp.startNanoseconds).count == 1)
            #expect(sharing.knownProcesses == [Int32(number)])
            #expect(sharing.receive(.sessionClosed(closed), now: stamp.startNanoseconds).count == 1)
            #expect(sharing.knownProcesses.isEmpty)
        }
    }

    /// Whatever is told in whatever order, all of it comes out once, and no more is held than the bound.
    @Test func nothingIsLost() {
        let scene = Scene()
        for client in 1...4 { scene.attach(UInt64(client)) }
        var random = SeededGenerator(seed: 4)
        var sent = 0
        for step in 0..<30_000 {
            let client = UInt64.random(in: 1...4, using: &random)
            if Int.random(in: 0..<200, using: &random) == 0, step < 5_000 {
                scene.drained(client, Double(step))
            } else {
                scene.apdu(client, Double(step), Double.random(in: 0...9, using: &random))
                sent += 1
            }
        }
        #expect(scene.told.count >= sent - 16_384)
        scene.sharing.finish()
        #expect(scene.told.count == sent)
    }
}
