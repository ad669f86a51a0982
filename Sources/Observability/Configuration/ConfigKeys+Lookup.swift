internal import ProbeEvents

extension ConfigKeys {
    /// The row of a key, by its path.
    package func row(_ path: String) throws(UnknownKey) -> SettingFacts {
        let rows = rows
        guard let row = rows.first(where: { $0.path == path }) else {
            throw UnknownKey(path: path, nearest: NearestName.of(path, among: rows.map(\.path)))
        }
        return row
    }
}

/// There is no such key.
package struct UnknownKey: ExplainedError, Hashable {
    /// What was asked for.
    package let path: String
    let nearest: String?

    /// One line: what, and what was meant.
    package var explanation: String { "\(path) is no key" + (nearest.map { "; did you mean \($0)?" } ?? "") }
}
