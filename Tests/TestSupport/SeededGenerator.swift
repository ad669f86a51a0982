import Foundation

/// SplitMix64: the same numbers for the same seed, on every machine, so that a failure comes again.
package struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// Random bytes, as many as a random number in this range says.
    package mutating func bytes(_ lengths: ClosedRange<Int>) -> [UInt8] {
        (0..<Int.random(in: lengths, using: &self)).map { _ in UInt8.random(in: 0...255, using: &self) }
    }
}

/// Whether `Tests/run --long` runs: tests that can take their time take it.
package let isLongRun = ProcessInfo.processInfo.environment["TESTS_LONG"] != nil

/// Whether `Tests/run --sanitize` runs: a sanitizer's own memory is many times that of the program.
package let isSanitized = ["ASAN_OPTIONS", "TSAN_OPTIONS"].contains {
    ProcessInfo.processInfo.environment[$0] != nil
}

/// Rounds of random input: 10,000, in a long run ten times as many.
package let randomRounds = isLongRun ? 100_000 : 10_000
