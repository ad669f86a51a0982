/// Finds what was meant by a name that is not known.
package enum NearestName {
    /// The known name that takes the fewest changes; nil when there is none.
    package static func of(_ name: String, among known: some Sequence<String>) -> String? {
        // Sorted, so that of two that are as near it is always the same.
        known.sorted().min { distance(name, $0) < distance(name, $1) }
    }

    /// A name without its first parts is near, too: `listen_adress` means `metrics.listen_address`. So is one without its
    /// end: `tls` means `tls_server_config`.
    private static func distance(_ name: String, _ known: String) -> Int {
        if name.utf8.count > 1, known.lowercased().hasPrefix(name.lowercased()) { return 1 }
        let whole = edits(name, known)
        guard let dot = known.lastIndex(of: ".") else { return whole }
        return min(whole, edits(name, String(known[known.index(after: dot)...])) + 1)
    }

    /// Letters to insert, remove, or replace.
    private static func edits(_ first: String, _ second: String) -> Int {
        // A name longer than every known one is far from all of them.
        let first = Array(first.lowercased().utf8.prefix(64))
        let second = Array(second.lowercased().utf8)
        var row = Array(0...second.count)
        for (line, letter) in first.enumerated() {
            var diagonal = row[0]
            row[0] = line + 1
            for column in second.indices {
                let change = diagonal + (letter == second[column] ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(change, row[column] + 1, diagonal + 1)
            }
        }
        return row[second.count]
    }
}
