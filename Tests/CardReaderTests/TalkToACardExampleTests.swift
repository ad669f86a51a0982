import CardReader
import ProbeEvents
import SmartCard
import Synchronization
import TestSupport
import Testing

/// The example of the article does what its text says.
extension OnPCSCD.CardTests {
    @Test func theArticlesExampleReadsAFile() async throws {
        _ = try await OwnBench.filled(0)
        let times = CardTimes()
        let answer = try await readICCID(telling: times)
        #expect(answer.data.count == 10 && answer.statusWord.value == 0x9000)
        #expect(times.times.map(\.command) == ["SELECT", "GET RESPONSE", "READ BINARY", "READ BINARY"])
        #expect(times.times.allSatisfy { $0.time > .zero && $0.time < .seconds(1) })
    }

    @Test func theArticlesExampleTakesOneCardAfterTheOther() async throws {
        let bench = try await OwnBench.filled(0)
        let words = Mutex<[String]>([])
        let readers = readers
        let loop = Task {
            try await forEachCard(in: readers) { card in
                let first = try await card.transmit(Self.selectWithoutAnswer)
                words.withLock { $0.append("\(first.statusWord)") }
                guard words.withLock({ $0.count }) == 2 else { return }
                // The second card is pulled in the middle of the work.
                try await card.waitForRemoval()
                _ = try await card.transmit(Self.selectWithoutAnswer)
            }
        }
        for count in 1...3 {
            #expect(try await eventually(within: 3) { words.withLock { $0.count } == count })
            try await OwnBench.remove(0, bench)
            try await OwnBench.insert(0, bench)
        }
        #expect(try await eventually(within: 3) { words.withLock { $0 } == ["9000", "9000", "9000", "9000"] })
        loop.cancel()
        let result = await loop.result
        #expect(throws: CardReaderError.cancelled) { try result.get() }
    }
}
