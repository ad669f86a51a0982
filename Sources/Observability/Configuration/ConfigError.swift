internal import ProbeEvents

/// One thing that is wrong with the configuration.
package struct ConfigFault: Sendable, Hashable {
    /// Where it stands, the key, what is wrong with it, and what is allowed: one line.
    package let line: String
    /// The line of the file, from 1; nil when it is no line of a file.
    let lineNumber: Int?

    /// A fault in a file.
    package init(file: String, line number: Int?, reason: String) {
        line = "\(file)\(number.map { ":\($0)" } ?? ""): \(reason)"
        lineNumber = number
    }

    /// A fault in the text of a key.
    init(_ row: SettingFacts, at origin: Settings.Origin, reason: String) {
        switch origin {
        case .file(let path, let line): self.init(file: path, line: line, reason: "\(row.path) \(reason)")
        case .variable, .fallback: self.init(file: origin.place, line: nil, reason: "\(row.path) \(reason)")
        case .option: self.init(line: "\(origin.place) \(reason)")
        }
    }

    /// A fault in a text for a key that stands nowhere yet.
    init(_ row: SettingFacts, reason: String) { self.init(line: "\(row.path) \(reason)") }

    /// The same of a file that is known by another path.
    func moved(from old: String, to new: String) -> ConfigFault {
        guard line.hasPrefix(old) else { return self }
        return ConfigFault(line: new + line.dropFirst(old.count), lineNumber)
    }

    private init(line: String, _ lineNumber: Int? = nil) {
        self.line = line
        self.lineNumber = lineNumber
    }
}

/// All that is wrong with the configuration.
package struct ConfigError: ExplainedError, Hashable {
    /// Each thing, in the order of the places.
    package let faults: [ConfigFault]
    /// Whether all of it is in the words of the command line.
    package let isUsage: Bool

    /// An error for faults.
    package init(_ faults: [ConfigFault], isUsage: Bool = false) {
        self.faults = faults
        self.isUsage = isUsage
    }

    /// The first fault, and how many more there are.
    package var explanation: String {
        let first = faults.first?.line ?? "the configuration has a fault"
        return faults.count > 1 ? "\(first) (and \(faults.count - 1) more)" : first
    }
}
