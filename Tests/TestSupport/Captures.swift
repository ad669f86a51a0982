import Foundation

/// Bytes from hex digits; blanks are left out. A wrong digit fails the test that wrote it.
package func hex(_ text: String) -> [UInt8] {
    let digits = text.filter { !$0.isWhitespace }.compactMap(\.hexDigitValue).map(UInt8.init)
    precondition(digits.count % 2 == 0 && digits.count == text.filter { !$0.isWhitespace }.count, "bad hex: \(text)")
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

/// The lines of a file in `Tests/Captures`, split into fields; comments and empty lines are left out.
package func captures(_ file: String, separator: Character) throws -> [[String]] {
    let text = try String(contentsOfFile: "\(Files.package)/Tests/Captures/\(file)", encoding: .utf8)
    return text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
        line.split(separator: separator).map { $0.trimmingCharacters(in: .whitespaces) }
    }
}

/// A line of `Tests/Captures/toolkit.hex` by its name.
package func toolkit(_ name: String) throws -> [UInt8] {
    guard let line = try captures("toolkit.hex", separator: "|").first(where: { $0[0] == name }) else {
        throw TestFailure("no \(name) in toolkit.hex")
    }
    return hex(line[2])
}
