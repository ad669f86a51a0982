import Foundation
import Observability
import ProbeEvents
import SmartCard
import Synchronization
import TestSupport
import Testing

@testable import ProbeStore

/// A card held against what the history has of it.
@Suite struct CardWatchTests {
    private static let reader = "Virtual PCD 00 00"
    private static let atr: HexBytes = [0x3B, 0x00]
    private static let select: HexBytes = [0x00, 0xA4, 0x00, 0x04, 0x02, 0x3F, 0x00]

    private static let readBinary = CommandName(named: "READ BINARY") ?? .other

    /// Cards that answer after some time with some unrest, and those who hear of them.
    private final class Bench: Sendable {
        let signs = Mutex<[CardWatch.Sign]>([])
        let random: Mutex<SeededGenerator>
        let clock = Mutex<UInt64>(1_000_000_000)

        init(seed: UInt64 = 1) { random = Mutex(SeededGenerator(seed: seed)) }

        func watch(_ path: String?) -> CardWatch {
            CardWatch(history: path) { [self] sign in signs.withLock { $0.append(sign) } }
        }

        /// The slowdown of SELECT as it was told last.
        var slowdown: Double? { drift(of: .select)?.slowdown }

        func drift(of command: CommandName, in reader: String = CardWatchTests.reader) -> CardDrift? {
            for case .drift(let drifts, reader) in signs.withLock({ $0 }).reversed() {
                return drifts.first { $0.command == command }
            }
            return nil
        }

        /// How often something was told of drift, and how often that there is some.
        var drifts: (told: Int, off: Int) {
            var count = (told: 0, off: 0)
            for case .drift(let drifts, _) in signs.withLock({ $0 }) {
                count.told += 1
                if drifts.contains(where: { $0.slowdown > 0 || $0.unusualAnswers > 0 }) { count.off += 1 }
            }
            return count
        }

        func count(_ sign: CardWatch.Sign) -> Int { signs.withLock { $0.count { $0 == sign } } }

        func stamp(_ durationNanoseconds: UInt64 = 0) -> EventStamp {
            clock.withLock { now in
                defer { now += durationNanoseconds + 1_000 }
                return EventStamp(
                    source: .shim, startNanoseconds: now, durationNanoseconds: durationNanoseconds,
                    wallNanoseconds: 1_738_292_400_000_000_000 + now)
            }
        }

        func came(_ atr: HexBytes = CardWatchTests.atr, in reader: String = CardWatchTests.reader) -> ProbeEvent {
            .readerChanged(ReaderChange(stamp: stamp(), reader: reader, change: .cardCame, atr: atr))
        }

        func went(from reader: String = CardWatchTests.reader) -> ProbeEvent {
            .readerChanged(ReaderChange(stamp: stamp(), reader: reader, change: .cardWent))
        }

        /// A command that takes so long, up to half as long again, and one time in ten thrice as long.
        func apdu(
            _ command: HexBytes = CardWatchTests.select, _ response: HexBytes = [0x90, 0x00],
            microseconds: UInt64 = 2_000, resultCode: UInt32 = 0, isUpperBound: Bool = false, isExpected: Bool = false,
            in reader: String = CardWatchTests.reader
        ) -> ProbeEvent {
            let part = random.withLock { random in
                Int.random(in: 0..<10, using: &random) == 0 ? 3_000 : UInt64.random(in: 1_000...1_500, using: &random)
            }
            return .apdu(
                APDUExchange(
                    stamp: stamp(microseconds * part), client: Story.client, thread: 1, session: 1, reader: reader,
                    interface: .pcsc, sessionProtocol: .t1, name: CommandAPDU(command.bytes).name(), command: command,
                    response: resultCode == 0 ? response : [], isCut: false, resultCode: resultCode,
                    waitNanoseconds: 0, isWaitExact: !isUpperBound, isExpected: isExpected))
        }
    }

    /// A history of commands that took 2 ms, written by the store.
    private func written(_ bench: Bench, commands: Int = 120) async throws -> WrittenHistory {
        let history = try WrittenHistory()
        history.ring.receive(bench.came())
        history.ring.receive(Story.opened(1))
        for _ in 0..<commands { history.ring.receive(bench.apdu()) }
        history.store.finish()
        return history
    }

    @Test func aSlowerCardIsToldAndAnEqualOneIsNot() async throws {
        let bench = Bench()
        let history = try await written(bench)
        let watch = bench.watch(history.path)
        watch.receive(bench.came())
        // As usual from the first command on, since that stands in the history.
        #expect(bench.slowdown == 0)
        // One more, since before the first one nothing is selected: that is a question of its own.
        for _ in 0..<65 { watch.receive(bench.apdu()) }
        #expect(bench.drifts == (told: 1, off: 0))
        // Two batches of 16, and not one.
        for _ in 0..<31 { watch.receive(bench.apdu(microseconds: 4_000)) }
        #expect(bench.slowdown == 0)
        watch.receive(bench.apdu(microseconds: 4_000))
        let slowdown = try #require(bench.slowdown)
        #expect((0.8...1.2).contains(slowdown), "\(slowdown)")
        // It is over when two batches are as usual again; a card that went is told no more.
        watch.receive(bench.went())
        #expect(bench.slowdown == 0)
        watch.receive(bench.came())
        #expect(bench.slowdown == slowdown)
        for _ in 0..<32 { watch.receive(bench.apdu()) }
        #expect(bench.slowdown == 0)
    }

    /// A watch that begins anew knows what the one before did, since both read the history.
    @Test func itStandsAfterARestart() async throws {
        let bench = Bench()
        let history = try await written(bench)
        for _ in 0..<2 {
            let watch = bench.watch(history.path)
            watch.receive(bench.came())
            for _ in 0..<33 { watch.receive(bench.apdu(microseconds: 4_000)) }
            #expect(bench.slowdown ?? 0 > 0.8)
            watch.receive(bench.went())
        }
        // Another card, and this one in another reader, have pasts of their own: none.
        let watch = bench.watch(history.path)
        watch.receive(bench.came([0x3B, 0x01]))
        for _ in 0..<32 { watch.receive(bench.apdu(microseconds: 4_000)) }
        watch.receive(bench.came(in: "other"))
        for _ in 0..<32 { watch.receive(bench.apdu(microseconds: 4_000, in: "other")) }
        #expect(bench.slowdown == 0 && bench.drift(of: .select, in: "other") == nil)
    }

    /// Twenty equal cards with a tenth of their commands held up, 640 commands each.
    @Test func noFalseAlarm() async throws {
        let history = try await written(Bench())
        for seed in 1...20 {
            let bench = Bench(seed: UInt64(seed))
            let watch = bench.watch(history.path)
            watch.receive(bench.came())
            for number in 0..<640 {
                // Machine held up for some commands in a row; times with others' waiting in them.
                watch.receive(bench.apdu(microseconds: (200..<212).contains(number) ? 20_000 : 2_000))
                watch.receive(bench.apdu(microseconds: 9_000, isUpperBound: true))
            }
            #expect(
                bench.drifts.off == 0,
                "seed \(seed) \(bench.signs.withLock { $0.filter { if case .drift = $0 { true } else { false } } })")
        }
    }

    /// Another question takes another time, and is held against itself.
    @Test func onlyTheSameIsCompared() async throws {
        let bench = Bench()
        let watch = bench.watch(nil)
        watch.receive(bench.came())
        let (short, long): (HexBytes, HexBytes) = ([0x00, 0xB0, 0x00, 0x00, 0x01], [0x00, 0xB0, 0x00, 0x00, 0x00])
        for _ in 0..<60 {
            watch.receive(bench.apdu(short, [0x01, 0x90, 0x00]))
            watch.receive(
                bench.apdu(long, HexBytes(Array(repeating: 1, count: 256) + [0x90, 0x00]), microseconds: 60_000))
        }
        for _ in 0..<64 {
            watch.receive(
                bench.apdu(long, HexBytes(Array(repeating: 1, count: 256) + [0x90, 0x00]), microseconds: 60_000))
        }
        #expect(bench.drift(of: Self.readBinary)?.slowdown == 0)
        for _ in 0..<48 { watch.receive(bench.apdu(short, [0x01, 0x90, 0x00], microseconds: 5_000)) }
        #expect(bench.drift(of: Self.readBinary)?.slowdown ?? 0 > 1)
    }

    @Test(
        arguments: [
            // A file that is gone, memory that fails; what a PIN, a condition or the tester's own wish decides.
            (0x6A82, false, true), (0x6581, false, true), (0x6982, false, false), (0x6985, false, false),
            (0x6700, false, false), (0x6A82, true, false),
        ] as [(UInt16, Bool, Bool)])
    func answersThatDiffer(word: UInt16, isExpected: Bool, isTold: Bool) {
        let response = HexBytes([UInt8(word >> 8), UInt8(word & 0xFF)])
        let bench = Bench()
        let watch = bench.watch(nil)
        watch.receive(bench.came())
        for _ in 0..<64 { watch.receive(bench.apdu()) }
        #expect(bench.drift(of: .select)?.unusualAnswers == 0)
        for _ in 0..<32 { watch.receive(bench.apdu(Self.select, response, isExpected: isExpected)) }
        #expect(bench.drift(of: .select)?.unusualAnswers == (isTold ? 1 : 0))
    }

    /// The same command in another file is another question.
    @Test func answersInAnotherFile() {
        let bench = Bench()
        let watch = bench.watch(nil)
        let (other, read): (HexBytes, HexBytes) = (
            [0x00, 0xA4, 0x00, 0x04, 0x02, 0x2F, 0x00], [0x00, 0xB0, 0x00, 0x00, 0x01]
        )
        watch.receive(bench.came())
        for _ in 0..<64 {
            watch.receive(bench.apdu())
            watch.receive(bench.apdu(read, [0x01, 0x90, 0x00]))
        }
        for _ in 0..<64 {
            watch.receive(bench.apdu(other))
            watch.receive(bench.apdu(read, [0x6F, 0x00]))
        }
        #expect(bench.drift(of: Self.readBinary)?.unusualAnswers == 0)
    }

    @Test func cardsAreBounded() {
        let bench = Bench()
        let watch = bench.watch(nil)
        for number in 0..<(CardWatch.cardLimit + 3) {
            watch.receive(bench.came([0x3B, UInt8(number)]))
            watch.receive(bench.went())
        }
        #expect(bench.count(.forgotten) == 3)
    }

    @Test func whatIsUsualForAFlight() throws {
        let bench = Bench()
        let watch = bench.watch(nil)
        watch.receive(bench.came())
        for _ in 0..<6 { watch.receive(bench.apdu()) }
        guard case .apdu(let failed) = bench.apdu(Self.select, [0x6F, 0x00]) else { return }
        #expect(watch.usual(failed) == nil)
        for _ in 0..<6 { watch.receive(bench.apdu()) }
        guard case .apdu(let next) = bench.apdu(Self.select, [0x6F, 0x00]) else { return }
        // Before the stage has it, and after.
        for _ in 0..<2 {
            let usual = try #require(watch.usual(next))
            #expect(usual.calls == 12 && usual.errors == 0 && usual.command == "SELECT")
            #expect((0.002...0.006).contains(usual.p50Seconds))
            watch.receive(.apdu(next))
        }
    }

    /// On the reader where it happens, and not on its neighbour.
    @Test func faultsOfContact() {
        let bench = Bench()
        let watch = bench.watch(nil)
        for reader in [Self.reader, "neighbour"] {
            watch.receive(bench.came(in: reader))
            for _ in 0..<96 { watch.receive(bench.apdu(in: reader)) }
        }
        func ratios() -> [Double?] {
            let all = watch.contactRatios(at: bench.clock.withLock { $0 })
            return [all[Self.reader], all["neighbour"]]
        }
        for _ in 0..<2 { watch.receive(bench.apdu(resultCode: 0x8010_0016)) }
        // Two are what hands do.
        #expect(ratios() == [1, 1])
        watch.receive(bench.went())
        watch.receive(bench.came())
        watch.receive(bench.went())
        watch.receive(bench.came([0x3B, 0x01]))
        #expect(ratios() == [96.0 / 100, 1])
        #expect(bench.count(.contact(.communication, reader: Self.reader)) == 2)
        #expect(bench.count(.contact(.retry, reader: Self.reader)) == 1)
        #expect(bench.count(.contact(.bounce, reader: Self.reader)) == 1)
        #expect(bench.count(.contact(.atrChanged, reader: Self.reader)) == 1)
        #expect(bench.count(.command(reader: Self.reader)) == 96 && bench.count(.command(reader: "neighbour")) == 96)
        // Ten minutes later nobody speaks of it.
        bench.clock.withLock { $0 += 660_000_000_000 }
        #expect(ratios() == [1, 1])
    }

    @Test func whatIsNoFaultOfContact() {
        let bench = Bench()
        let watch = bench.watch(nil)
        watch.receive(bench.came())
        // The card says its length; it was reset by the program beside it; a hand changes it; a mute card is asked often.
        for _ in 0..<50 { watch.receive(bench.apdu(Self.select, [0x6C, 0x10])) }
        for _ in 0..<10 { watch.receive(bench.apdu(resultCode: 0x8010_0068)) }
        for _ in 0..<5 {
            watch.receive(bench.went())
            bench.clock.withLock { $0 += 3_000_000_000 }
            watch.receive(bench.came())
        }
        for _ in 0..<20 { watch.receive(bench.apdu(resultCode: 0x8010_0066)) }
        #expect(bench.count(.contact(.lengthCorrected, reader: Self.reader)) == 50)
        #expect(bench.count(.contact(.mute, reader: Self.reader)) == 1)
        #expect(watch.contactRatios(at: bench.clock.withLock { $0 }) == [Self.reader: 1])
    }

    /// Which card is there is told by the past of the reader alone.
    @Test func aHistoryThatCannotBeRead() throws {
        let bench = Bench()
        let folder = try TemporaryFolder()
        for path in [folder.file("none.db"), try folder.write("no database", to: "bad.db")] {
            let watch = bench.watch(path)
            watch.receive(bench.came())
            watch.receive(bench.apdu())
        }
        #expect(bench.count(.command(reader: Self.reader)) == 2)
    }
}
