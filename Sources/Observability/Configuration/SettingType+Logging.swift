package import Logging

extension SettingType where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    /// One of a few words, in capitals or not.
    static var choice: Self {
        let words = Value.allCases.map(\.rawValue)
        let allowed = words.joined(separator: ", ")
        return Self(allowed: allowed, words: words, texts: { [$0.rawValue] }) { text throws(SettingRefusal) in
            guard let value = Value(rawValue: text.lowercased()) else {
                throw SettingRefusal("'\(text)' is none of: \(allowed)")
            }
            return value
        }
    }
}

extension SettingType where Value == LoggingConfig.Output {
    /// Standard error, or the path of a file.
    static var logOutput: Self {
        Self(allowed: "stderr, or the absolute path of a file", texts: { [$0.text] }) { text throws(SettingRefusal) in
            guard text == Value.standardError.text || text.hasPrefix("/") else {
                throw SettingRefusal("'\(text)' is neither stderr nor an absolute path")
            }
            return text.hasPrefix("/") ? .file(text) : .standardError
        }
    }
}

extension LoggingConfig.Output {
    fileprivate var text: String {
        switch self {
        case .standardError: "stderr"
        case .file(let path): path
        }
    }
}

extension SettingType where Value == [ComponentLevel] {
    /// Components with a level of their own.
    static var componentLevels: Self {
        let (component, level) = (SettingType<LogComponent>.choice, SettingType<Logger.Level>.choice)
        let allowed = "COMPONENT=LEVEL, a component of: \(component.allowed); a level of: \(level.allowed)"
        let words = component.words.flatMap { component in level.words.map { "\(component)=\($0)" } }
        return Self(allowed: allowed, words: words, text: { "\($0.component.rawValue)=\($0.level.rawValue)" }) {
            text throws(SettingRefusal) in
            guard let sign = text.firstIndex(of: "=") else { throw SettingRefusal("'\(text)' is not \(allowed)") }
            return ComponentLevel(
                component: try component.read([String(text[..<sign])]),
                level: try level.read([String(text[text.index(after: sign)...])]))
        }
    }
}

/// The level of one component of the log.
package struct ComponentLevel: Sendable, Hashable {
    /// The component.
    package let component: LogComponent
    /// The least level that it logs.
    package let level: Logger.Level
}
