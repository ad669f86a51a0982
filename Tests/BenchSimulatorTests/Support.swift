import Foundation
import TestSupport

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

/// The scripts in `examples/cards`.
let exampleFolder = URL(filePath: Files.package).appending(path: "examples/cards")
