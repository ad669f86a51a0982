internal import ProbeEvents

/// Keys by identity, as a file of lines `IDENTITY:HEX` has them; blank lines and those that begin with # say nothing.
package struct PSKTable: Sendable {
    private var keys: [[UInt8]: [UInt8]] = [:]

    /// No keys.
    package init() {}

    /// Reads the text of a file; the first line that is none of its kind is an error that does not show it.
    package init(parsing text: String, path: String) throws(PSKTableError) {
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (number, line) in lines.enumerated() where !line.isEmpty && !line.hasPrefix("#") {
            // The key is behind the last colon: identities may have some.
            guard let colon = line.lastIndex(of: ":"), let key = HexBytes(hex: line[line.index(after: colon)...]),
                (1...64).contains(key.bytes.count)
            else { throw PSKTableError(path: path, line: number + 1) }
            keys[Array(line[..<colon].utf8)] = key.bytes
        }
    }

    /// How many.
    package var count: Int { keys.count }

    var isEmpty: Bool { keys.isEmpty }

    subscript(identity: [UInt8]) -> [UInt8]? { keys[identity] }
}

/// A line of a file of keys that is none.
package struct PSKTableError: ExplainedError, Hashable {
    /// The file.
    package var path: String
    /// Which line, from 1.
    package var line: Int

    /// One line: what, where, what to do next.
    package var explanation: String {
        "\(path):\(line): is no key; write IDENTITY:KEY, with a key of 1 to 64 bytes in hex digits"
    }
}
