import Foundation
import TestSupport
import Testing

@testable import ProbeStore

/// Alignments, against those of the system's own diff.
@Suite struct SequenceAlignmentTests {
    private static func sequences(_ seed: UInt64) -> ([Int32], [Int32]) {
        var generator = SeededGenerator(seed: seed)
        let kinds = Int32.random(in: 2...9, using: &generator)
        let first = (0..<Int.random(in: 0...400, using: &generator)).map { _ in
            Int32.random(in: 0..<kinds, using: &generator)
        }
        var second = first
        for _ in 0..<Int.random(in: 0...40, using: &generator) {
            let place = Int.random(in: 0...second.count, using: &generator)
            if Bool.random(using: &generator), place < second.count {
                second.remove(at: place)
            } else {
                second.insert(Int32.random(in: 0...kinds, using: &generator), at: place)
            }
        }
        return (first, second)
    }

    /// What is in no pair is what diff adds and removes at the least.
    @Test(arguments: Array(UInt64(1)...24)) func hasAsManyPairsAsDiff(seed: UInt64) throws {
        let folder = try TemporaryFolder()
        let (first, second) = Self.sequences(seed)
        let names = try zip(["first", "second"], [first, second]).map {
            try folder.write($1.map { "\($0)\n" }.joined(), to: $0)
        }
        let diff = try Command.run(["diff", "--minimal"] + names).output.split(separator: "\n")
        let alignment = SequenceAlignment(first, second)
        #expect(first.count - alignment.pairs.count == diff.count { $0.hasPrefix("<") })
        #expect(second.count - alignment.pairs.count == diff.count { $0.hasPrefix(">") })
        #expect(alignment.isExact)
        try Self.check(alignment, first, second)
    }

    /// With less room than they differ by, it says so, and pairs only what is equal.
    @Test(arguments: [1, 2, 5, 13]) func itsRoomIsBounded(limit: Int) throws {
        for seed in UInt64(1)...40 {
            let (first, second) = Self.sequences(seed)
            let best = SequenceAlignment(first, second)
            let alignment = SequenceAlignment(first, second, depthLimit: limit)
            try Self.check(alignment, first, second)
            #expect(alignment.pairs.count <= best.pairs.count)
            #expect(alignment.pairs.count == best.pairs.count || !alignment.isExact)
        }
    }

    @Test func whatHasNothingInCommonHasNoPairs() {
        let alignment = SequenceAlignment(Array(repeating: 1, count: 5_000), Array(repeating: 2, count: 5_000))
        #expect(alignment.pairs == [] && !alignment.isExact)
        #expect(SequenceAlignment([], []).isExact && SequenceAlignment([1], []).pairs == [])
    }

    private static func check(_ alignment: SequenceAlignment, _ first: [Int32], _ second: [Int32]) throws {
        var last = (-1, -1)
        for pair in alignment.pairs {
            guard first[pair.first] == second[pair.second], pair.first > last.0, pair.second > last.1 else {
                throw TestFailure("pair \(pair) behind \(last)")
            }
            last = (pair.first, pair.second)
        }
    }
}
