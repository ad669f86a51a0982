import Foundation

/// What the virtual card wrote down: `START TOOK READER COMMAND -> RESPONSE`, a line each.
package struct CardLog {
    package struct Line: Equatable {
        package var reader: String
        package var command: String
        /// In hexadecimal; `removed` or `lost` when it never left.
        package var response: String
    }

    package var lines: [Line]

    package init(_ text: String) {
        lines = text.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard words.count == 6 else { return nil }
            return Line(reader: String(words[2]), command: String(words[3]), response: String(words[5]))
        }
    }

    /// Command and answer of each line.
    package var exchanges: [String] { lines.map { "\($0.command) -> \($0.response)" } }
}

/// pcscd's debug log with APDUs on: `00000041 APDU: 00 A4 ...` and `00000102 SW: ... 90 00`.
package struct PCSCDLog {
    package var commands: [String]
    package var responses: [String]

    package init(_ text: String) {
        func lines(_ word: String) -> [String] {
            text.split(separator: "\n").compactMap { line in
                let words = line.split(separator: " ")
                return words.count > 2 && words[1] == word ? words.dropFirst(2).joined() : nil
            }
        }
        (commands, responses) = (lines("APDU:"), lines("SW:"))
    }

    /// Command and answer; only one client at a time keeps them together there.
    package var exchanges: [String] { zip(commands, responses).map { "\($0) -> \($1)" } }
}
