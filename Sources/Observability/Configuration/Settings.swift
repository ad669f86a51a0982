/// The configuration as it counts: the value of each key, and where it is from.
package struct Settings: Sendable {
    /// Where a value is from; the earlier goes before the later.
    package enum Origin: Sendable, Hashable {
        /// An option of the command, without dashes.
        case option(String)
        /// An environment variable.
        case variable(String)
        /// A line of a file.
        case file(String, line: Int)
        /// The table.
        case fallback

        /// As a person is told.
        package var place: String {
            switch self {
            case .option(let name): "--\(name)"
            case .variable(let name): name
            case .file(let path, let line): "\(path):\(line)"
            case .fallback: "default"
            }
        }
    }

    /// The texts of one key.
    struct Given: Sendable {
        let texts: [String]
        let origin: Origin
    }

    private var given: [String: Given]
    /// What is strange, and does no harm; a line each.
    package let warnings: [String]

    /// Every key with its default.
    package static let fallback = Settings([:], warnings: [])

    init(_ given: [String: Given], warnings: [String]) {
        self.given = given
        self.warnings = warnings
    }

    /// The value of a key.
    package subscript<Value>(key: KeyPath<ConfigKeys, Setting<Value>>) -> Value {
        let setting = ConfigKeys.table[keyPath: key]
        guard let texts = given[setting.facts.path]?.texts else { return setting.fallback }
        // Texts that cannot be read were refused before.
        return (try? setting.type.read(texts)) ?? setting.fallback
    }

    /// Where the value of a key is from.
    package func origin<Value>(of key: KeyPath<ConfigKeys, Setting<Value>>) -> Origin {
        origin(of: ConfigKeys.table[keyPath: key].facts)
    }

    /// Where the value of a key is from.
    package func origin(of setting: SettingFacts) -> Origin { given[setting.path]?.origin ?? .fallback }

    /// The value of a key as text; one for each value of a list.
    package func texts(of setting: SettingFacts) -> [String] { given[setting.path]?.texts ?? setting.fallbackTexts }

    /// Takes from another configuration what can be changed while the probe runs; a line on every key that differs.
    package mutating func adopt(_ other: Settings) -> [String] {
        ConfigKeys.table.rows.compactMap { setting in
            let new = other.texts(of: setting)
            guard new != texts(of: setting) else { return nil }
            let value = new.isEmpty ? setting.fallbackText : new.joined(separator: ", ")
            guard setting.isLive else {
                return "\(setting.path) changes to \(value) only when the probe is started again"
            }
            given[setting.path] = other.given[setting.path]
            return "\(setting.path) is now \(value)"
        }
    }
}
