/// A configuration file: which keys it gives, where they stand, and what is wrong with its form.
struct ConfigFile {
    private(set) var lines: [String: Int] = [:]
    private(set) var faults: [ConfigFault] = []
    /// Keys whose values are a list, a section or nothing where they should not be.
    private(set) var misshapen: Set<String> = []
    let path: String
    private let settings: [String: SettingFacts]
    private let known: [String]

    /// Reads a file against the table.
    init(_ path: String, keys: [SettingFacts]) {
        self.path = path
        settings = Dictionary(keys.map { ($0.path, $0) }) { first, _ in first }
        known = keys.map(\.path)
        do throws(ConfigError) {
            read(try YAMLTree(file: path))
        } catch {
            faults += error.faults
        }
    }

    private mutating func read(_ root: YAMLTree) {
        switch root {
        case .nothing: break
        case .map(let entries, _): read(entries, under: "")
        case .scalar(_, let line), .list(_, let line):
            add(line: line, "has no keys; write KEY: VALUE, as in metrics: {port: 7816}")
        }
    }

    private mutating func read(_ entries: [YAMLTree.Entry], under prefix: String) {
        for entry in entries {
            let path = prefix + entry.key
            if let setting = settings[path] {
                if let first = lines[path] { add(line: entry.line, "\(path) has a value in line \(first) already") }
                lines[path] = entry.line
                guard let fault = Self.fault(of: entry.value, for: setting) else { continue }
                misshapen.insert(path)
                add(line: entry.line, "\(path) \(fault)")
            } else if known.contains(where: { $0.hasPrefix(path + ".") }) {
                readSection(entry, path)
            } else {
                let nearest = NearestName.of(path, among: Array(sections) + known).map { "; did you mean \($0)?" } ?? ""
                add(line: entry.line, "\(path) is no key\(nearest)")
            }
        }
    }

    private var sections: Set<String> {
        Set(known.compactMap { path in path.lastIndex(of: ".").map { String(path[..<$0]) } })
    }

    private mutating func readSection(_ entry: YAMLTree.Entry, _ path: String) {
        switch entry.value {
        case .nothing: break
        case .map(let entries, _): read(entries, under: path + ".")
        case .scalar, .list:
            let keys = known.filter { $0.hasPrefix(path + ".") }.joined(separator: ", ")
            add(line: entry.line, "\(path) is no key but has keys under it: \(keys)")
        }
    }

    private static func fault(of value: YAMLTree, for setting: SettingFacts) -> String? {
        switch value {
        case .scalar: nil
        case .nothing: "has no value; allowed: \(setting.allowed)"
        case .map: "has keys where a value is allowed: \(setting.allowed)"
        case .list where !setting.isList: "is a list where one value is allowed: \(setting.allowed)"
        case .list(let values, _):
            values.contains { if case .scalar = $0 { false } else { true } }
                ? "has something in its list that is no value; allowed: \(setting.allowed)" : nil
        }
    }

    private mutating func add(line: Int?, _ reason: String) {
        faults.append(ConfigFault(file: path, line: line, reason: reason))
    }
}
