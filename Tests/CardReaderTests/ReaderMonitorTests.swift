import CardReader
import Foundation
import ProbeEvents
import TestSupport
import Testing

extension OnPCSCD {
    /// Against a real pcscd with virtual readers.
    @Suite struct ReaderMonitorTests {
        static let first = OwnBench.first
        static let second = OwnBench.second
        static let bothCame = ["working", "readerCame \(first)", "readerCame \(second)"]

        let bench: Bench

        init() throws { bench = try OwnBench.empty() }

        @Test func tellsReadersAndCardsThroughPCSCDsDeathAndReturn() throws {
            let sink = RecordingSink()
            let monitor = ReaderMonitor()
            try monitor.start(into: sink)
            defer { monitor.stop() }

            // Absent: told once, however often it is tried.
            #expect(eventually(within: 1) { sink.heard.count == 1 })
            usleep(700_000)
            let absent = sink.takeWords()
            #expect(absent.count == 1 && absent[0].hasPrefix("lost: pcscd is not running (0x8010001D"), "\(absent)")
            #expect(monitor.snapshot.readers.isEmpty && !monitor.snapshot.isWorking)

            // It starts: readers are there within two seconds.
            try bench.control("start-pcscd")
            #expect(eventually(within: 2) { sink.heard.count == 3 })
            #expect(sink.takeWords() == Self.bothCame)
            #expect(monitor.snapshot.isWorking && monitor.snapshot.message.isEmpty)

            // A card comes, and goes.
            try bench.control("insert")
            #expect(eventually(within: 3) { sink.heard.count == 1 })
            #expect(sink.takeWords() == ["cardCame \(Self.first) \(OwnBench.atr)"])
            #expect(
                monitor.snapshot.readers == [
                    .init(name: Self.first, state: ["present"], atr: try #require(HexBytes(hex: OwnBench.atr))),
                    .init(name: Self.second, state: ["empty"], atr: []),
                ])
            try bench.control("remove")
            #expect(eventually(within: 2) { sink.heard.count == 1 })
            #expect(sink.takeWords() == ["cardWent \(Self.first)"])

            // Killed with a card in: noticed within a second, everything is told as gone.
            try bench.control("insert")
            #expect(eventually(within: 3) { sink.heard.count == 1 })
            _ = sink.takeWords()
            try bench.control("kill-pcscd")
            #expect(eventually(within: 1) { sink.heard.count == 4 })
            let lost = sink.takeWords()
            #expect(
                lost.dropLast() == [
                    "cardWent \(Self.first)", "readerWent \(Self.first)", "readerWent \(Self.second)",
                ])
            #expect(lost.last?.hasPrefix("lost: pcscd went away during SCard") == true, "\(lost)")
            #expect(monitor.snapshot.readers.isEmpty && !monitor.snapshot.isWorking)

            // Away for longer than the longest pause, then back: readers within two seconds.
            try bench.control("remove")
            usleep(2_500_000)
            #expect(sink.heard == [])
            try bench.control("start-pcscd")
            #expect(eventually(within: 2) { sink.heard.count == 3 })
            #expect(sink.takeWords() == Self.bothCame)
            monitor.stop()
            try bench.control("stop-pcscd")
            #expect(sink.heard == [])
        }

        @Test func stopsAtOnceWhilePCSCDIsQuiet() throws {
            try bench.control("start-pcscd")
            let sink = RecordingSink()
            let monitor = ReaderMonitor(timing: .init(longestWait: .seconds(60)))
            try monitor.start(into: sink)
            #expect(throws: CardReaderError.alreadyStarted) { try monitor.start(into: sink) }
            #expect(eventually(within: 2) { sink.heard == Self.bothCame })
            usleep(200_000)
            #expect(ContinuousClock().measure { monitor.stop() } < .milliseconds(500))
            #expect(ContinuousClock().measure { monitor.stop() } < .milliseconds(100))
        }

        @Test func stopsWhilePCSCDHangs() throws {
            try bench.control("start-pcscd")
            let sink = RecordingSink()
            let monitor = ReaderMonitor(timing: .init(longestWait: .milliseconds(100)))
            try monitor.start(into: sink)
            #expect(eventually(within: 2) { sink.heard == Self.bothCame })
            kill(try bench.pcscd(), SIGSTOP)
            usleep(300_000)
            #expect(ContinuousClock().measure { monitor.stop() } < .seconds(2))
            try bench.control("kill-pcscd")
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
            try bench.control("start-pcscd")
            let atr = try #require(HexBytes(hex: OwnBench.atr))
            #expect(eventually(within: 2) { (try? ReaderListing.take())?.readers.count == 2 })
            try bench.control("insert")
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
                                                T=0, 512/32, UICC (sysmoUSIM-SJS1), 4 channels
                    Virtual PCD 00 01  empty    -

                    """)
        }
    }
}
