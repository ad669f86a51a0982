import CardReader
import Foundation
import ProbeEvents
import Testing

/// Against a real pcscd with virtual readers.
@Suite(.serialized)
struct ReaderMonitorTests {
    static let first = "Virtual PCD 00 00"
    static let second = "Virtual PCD 00 01"
    static let atr = "3B9F96801FC78031A073BE21136743200718000001A5"
    static let bothCame = ["working", "readerCame \(first)", "readerCame \(second)"]

    init() { _ = PrivatePCSCD.folder }

    @Test func tellsReadersAndCardsThroughPCSCDsDeathAndReturn() throws {
        let sink = RecordingSink()
        let monitor = ReaderMonitor()
        try monitor.start(into: sink)
        defer { monitor.stop() }

        // Absent: told once, however often it is tried.
        #expect(eventually(within: 1) { sink.heard.count == 1 })
        usleep(700_000)
        let absent = sink.take()
        #expect(absent.count == 1 && absent[0].hasPrefix("lost: pcscd is not running (0x8010001D"), "\(absent)")
        #expect(monitor.snapshot.readers.isEmpty && !monitor.snapshot.isWorking)

        // It starts: readers are there within two seconds.
        var pcscd = try PrivatePCSCD()
        #expect(eventually(within: 2) { sink.heard.count == 3 })
        #expect(sink.take() == Self.bothCame)
        #expect(monitor.snapshot.isWorking && monitor.snapshot.message.isEmpty)

        // A card comes, and goes.
        let card = try pcscd.insertCard(atr: Self.atr)
        #expect(eventually(within: 3) { sink.heard.count == 1 })
        #expect(sink.take() == ["cardCame \(Self.first) \(Self.atr)"])
        #expect(
            monitor.snapshot.readers == [
                .init(name: Self.first, state: ["present"], atr: try #require(HexBytes(hex: Self.atr))),
                .init(name: Self.second, state: ["empty"], atr: []),
            ])
        PrivatePCSCD.end(card)
        #expect(eventually(within: 2) { sink.heard.count == 1 })
        #expect(sink.take() == ["cardWent \(Self.first)"])

        // Killed with a card in: noticed within a second, everything is told as gone.
        _ = try pcscd.insertCard(atr: Self.atr)
        #expect(eventually(within: 3) { sink.heard.count == 1 })
        _ = sink.take()
        pcscd.signal(SIGKILL)
        #expect(eventually(within: 1) { sink.heard.count == 4 })
        let lost = sink.take()
        #expect(
            lost.dropLast() == [
                "cardWent \(Self.first)", "readerWent \(Self.first)", "readerWent \(Self.second)",
            ])
        #expect(lost.last?.hasPrefix("lost: pcscd went away during SCard") == true, "\(lost)")
        #expect(monitor.snapshot.readers.isEmpty && !monitor.snapshot.isWorking)

        // Away for longer than the longest pause, then back: readers within two seconds.
        usleep(2_500_000)
        #expect(sink.heard == [])
        pcscd = try PrivatePCSCD()
        #expect(eventually(within: 2) { sink.heard.count == 3 })
        #expect(sink.take() == Self.bothCame)
        monitor.stop()
        pcscd.signal(SIGTERM)
        #expect(sink.heard == [])
    }

    @Test func stopsAtOnceWhilePCSCDIsQuiet() throws {
        let pcscd = try PrivatePCSCD()
        let sink = RecordingSink()
        let monitor = ReaderMonitor(timing: .init(longestWait: .seconds(60)))
        try monitor.start(into: sink)
        #expect(throws: CardReaderError.alreadyStarted) { try monitor.start(into: sink) }
        #expect(eventually(within: 2) { sink.heard == Self.bothCame })
        usleep(200_000)
        #expect(ContinuousClock().measure { monitor.stop() } < .milliseconds(500))
        #expect(ContinuousClock().measure { monitor.stop() } < .milliseconds(100))
        pcscd.signal(SIGKILL)
    }

    @Test func stopsWhilePCSCDHangs() throws {
        let pcscd = try PrivatePCSCD()
        let sink = RecordingSink()
        let monitor = ReaderMonitor(timing: .init(longestWait: .milliseconds(100)))
        try monitor.start(into: sink)
        #expect(eventually(within: 2) { sink.heard == Self.bothCame })
        pcscd.signal(SIGSTOP)
        usleep(300_000)
        #expect(ContinuousClock().measure { monitor.stop() } < .seconds(2))
        pcscd.signal(SIGKILL)
        usleep(100_000)
        #expect(sink.heard == Self.bothCame)
    }

    @Test func stopsWithoutAStart() {
        let monitor = ReaderMonitor()
        monitor.stop()
        #expect(!monitor.snapshot.isWorking)
    }

    @Test func listsReadersOnce() throws {
        #expect {
            try ReaderListing.take()
        } throws: { error in
            "\(error)".hasPrefix("pcscd is not running (0x8010001D SCARD_E_NO_SERVICE")
        }
        let pcscd = try PrivatePCSCD()
        let atr = try #require(HexBytes(hex: Self.atr))
        #expect(eventually(within: 2) { (try? ReaderListing.take())?.readers.count == 2 })
        _ = try pcscd.insertCard(atr: Self.atr)
        #expect(try eventually(within: 3) { try ReaderListing.take().readers.first?.atr == atr })
        let listing = try ReaderListing.take()
        #expect(
            listing
                == ReaderListing(readers: [
                    .init(name: Self.first, state: ["present"], atr: atr),
                    .init(name: Self.second, state: ["empty"], atr: nil),
                ]))
        #expect(
            listing.table == """
                reader             state    ATR
                Virtual PCD 00 00  present  3B 9F 96 80 1F C7 80 31 A0 73 BE 21 13 67 43 20 07 18 00 00 01 A5
                Virtual PCD 00 01  empty    -

                """)
        pcscd.signal(SIGKILL)
    }
}
