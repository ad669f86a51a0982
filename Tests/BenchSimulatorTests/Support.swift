import Foundation

@testable import BenchSimulator

/// A way to talk to a card in hexadecimal, blanks allowed.
extension VirtualCard {
    mutating func answer(_ command: String) -> String {
        hexadecimal(process(bytes(hexadecimal: command) ?? []).response)
    }

    /// Sends all and returns the answers.
    mutating func answers(_ commands: [String]) -> [String] {
        commands.map { answer($0) }
    }
}

/// SplitMix64: the same bytes in each run, so that a failure comes again.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func bytes(_ lengths: ClosedRange<Int>) -> [UInt8] {
        (0..<Int.random(in: lengths, using: &self)).map { _ in UInt8.random(in: 0...255, using: &self) }
    }
}

/// Rounds of random input: 10,000, with `Tests/run --long` ten times as many.
let randomRounds = ProcessInfo.processInfo.environment["CARDLINK_TEST_LONG"] == nil ? 10_000 : 100_000

/// The scripts in `examples/cards`.
let exampleFolder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../examples/cards").standardizedFileURL
