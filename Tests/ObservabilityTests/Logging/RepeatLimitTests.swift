import Foundation
import Logging
import TestSupport
import Testing

@testable import Observability

/// What is said again and again.
@Suite struct RepeatLimitTests {
    @Test func aFewAreToldAndThenCounted() throws {
        let kept = KeptRecords()
        let outlet = LogOutlet(levels: LogLevels(.info), repeatWindow: .milliseconds(300), [kept])
        for _ in 0..<100 { outlet.receive(.saying("again")) }
        #expect(kept.all.count { $0.fields.isEmpty } == RepeatLimit.burst)
        #expect(eventually(within: 5) { kept.all.count == 6 })
        let last = try #require(kept.all.last)
        #expect(last.message == "again" && last.fields == [LogField("repeated", .integer(95))])
        // The next window begins anew.
        for _ in 0..<7 { outlet.receive(.saying("again")) }
        #expect(kept.all.count == 11)
        outlet.tellRepeats()
        #expect(kept.all.last?.fields == [LogField("repeated", .integer(2))])
    }

    /// Whatever the number of different things: each that was said is told or counted, and little is remembered.
    @Test func nothingIsLostForWantOfPlaces() {
        let kept = KeptRecords()
        let outlet = LogOutlet(levels: LogLevels(.info), repeatWindow: .seconds(3_600), [kept])
        for _ in 0..<40 {
            for thing in 0..<1_000 { outlet.receive(.saying("thing \(thing)")) }
            for _ in 0..<10 { outlet.receive(.saying("often")) }
        }
        outlet.tellRepeats()
        var counts: [String: Int64] = [:]
        for record in kept.all {
            guard case .integer(let count)? = record.fields.first?.value else {
                counts[record.message, default: 0] += 1
                continue
            }
            counts[record.message, default: 0] += count
        }
        #expect(counts["often"] == 400)
        #expect((0..<1_000).allSatisfy { counts["thing \($0)"] == 40 })
    }

    @Test func fromManyThreadsTheCountIsExact() {
        let kept = KeptRecords()
        let outlet = LogOutlet(levels: LogLevels(.info), repeatWindow: .seconds(3_600), [kept])
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            for _ in 0..<1_000 { outlet.receive(.saying("again")) }
        }
        outlet.tellRepeats()
        #expect(kept.all.count == RepeatLimit.burst + 1)
        #expect(kept.all.last?.fields == [LogField("repeated", .integer(Int64(8_000 - RepeatLimit.burst)))])
    }
}
