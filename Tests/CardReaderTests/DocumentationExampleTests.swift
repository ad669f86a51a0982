import CardReader
import Foundation
import ProbeEvents
import TestSupport
import Testing

/// The example of the documentation does what its text says; with the tests that share one pcscd, one at a time.
extension OnPCSCD.ReaderMonitorTests {
    @Test func documentationExample() throws {
        #expect(readersNow().hasPrefix("pcscd is not running (0x8010001D SCARD_E_NO_SERVICE"))
        let (monitor, cards) = try followCards()
        defer { monitor.stop() }
        try bench.control("start-pcscd")
        #expect(eventually(within: 3) { readersNow().contains("\(Self.first)  empty  -\n") })
        try bench.control("insert")
        #expect(eventually(within: 3) { cards.snapshot == [Self.first: HexBytes(hex: OwnBench.atr) ?? []] })
        #expect(readersNow().contains("\(Self.first)  present  3B 9F 96 80"))
        try bench.control("remove")
        #expect(eventually(within: 3) { cards.snapshot.isEmpty })
    }
}
