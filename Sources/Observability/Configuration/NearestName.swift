/// Finds what was meant by a name that is not known.
package enum NearestName {
    private typealias Letters = ArraySlice<UInt8>

    /// The known name that takes the fewest changes, of two that are as near the first by alphabet; nil when none is
    /// near: a wrong hint costs more than none.
    package static func of(_ name: String, among known: some Sequence<String>) -> String? {
        // A name longer than every known one is far from all of them.
        let letters = Letters(name.lowercased().utf8.prefix(64))
        var nearest: (name: String, distance: Int)?
        for candidate in known {
            guard let distance = distance(letters, Letters(candidate.lowercased().utf8)) else { continue }
            if let nearest, (nearest.distance, nearest.name) <= (distance, candidate) { continue }
            nearest = (candidate, distance)
        }
        return nearest?.name
    }

    /// Changes by which a name differs from a known one, nil for more than in a third of its letters.
    ///
    /// A part of a name is near, too: `listen_adress` means `metrics.listen_address`, `tls` means `tls_server_config`,
    /// and `DeviceGon` means `CardLinkDeviceGone`.
    private static func distance(_ name: Letters, _ known: Letters) -> Int? {
        // What both have is no sign of nearness: `metrics.password` is far from `metrics.port`.
        let same = zip(name, known).prefix { $0 == $1 }
        let shared = same.lastIndex { $0.0 == UInt8(ascii: ".") }.map { $0 + 1 } ?? 0
        let (name, known) = (name.dropFirst(shared), known.dropFirst(shared))
        if name.count > 1, known.starts(with: name) { return 1 }
        let limit = (name.count + 2) / 3
        var near = edits(name, known, atMost: limit)
        if let dot = known.lastIndex(of: UInt8(ascii: ".")) {
            near = least(near, edits(name, known[(dot + 1)...], atMost: limit).map { $0 + 1 })
        }
        // Shorter ones are like the end of too many others.
        if name.count > 5, known.count > name.count {
            near = least(near, edits(name, known.suffix(name.count), atMost: limit).map { $0 + 2 })
        }
        return near
    }

    private static func least(_ first: Int?, _ second: Int?) -> Int? { [first, second].compactMap(\.self).min() }

    /// Letters to insert, remove, or replace; nil for more than the limit.
    private static func edits(_ first: Letters, _ second: Letters, atMost limit: Int) -> Int? {
        guard abs(first.count - second.count) <= limit else { return nil }
        var row = Array(0...second.count)
        for (line, letter) in first.enumerated() {
            var diagonal = row[0]
            row[0] = line + 1
            var least = row[0]
            for (column, other) in second.enumerated() {
                let change = diagonal + (letter == other ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(change, row[column] + 1, diagonal + 1)
                least = min(least, row[column + 1])
            }
            guard least <= limit else { return nil }
        }
        return row[second.count] <= limit ? row[second.count] : nil
    }
}
