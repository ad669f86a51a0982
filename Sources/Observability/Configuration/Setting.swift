/// One key of the configuration, with the type of its value.
package struct Setting<Value: Sendable>: Sendable {
    /// What it is called, and what is to be told of it.
    package let facts: SettingFacts
    /// Its value where nobody gives another.
    package let fallback: Value
    let type: SettingType<Value>

    /// A row of the table.
    ///
    /// - Parameters:
    ///   - path: its place in a configuration file.
    ///   - older: the variable that CardLink has for it.
    ///   - option: the option of `serve`, without dashes.
    ///   - isLive: whether a change takes effect at SIGHUP.
    ///   - fallbackText: what is told of the default where its own text would say nothing.
    init(
        _ path: String, _ type: SettingType<Value>, default fallback: Value, fallbackText: String? = nil,
        older: String? = nil, option: String, valueName: String, isLive: Bool = false, help: String
    ) {
        self.type = type
        self.fallback = fallback
        facts = SettingFacts(
            path: path, allowed: type.allowed, words: type.words, isList: type.isList, isPath: type.isPath,
            isLiteral: Value.self == Bool.self || Value.self is any Numeric.Type,
            fallbackTexts: type.texts(fallback),
            fallbackText: fallbackText ?? type.texts(fallback).joined(separator: ", "), olderVariable: older,
            option: option, valueName: valueName, isLive: isLive, help: help,
            refusal: { texts in
                do throws(SettingRefusal) {
                    _ = try type.read(texts)
                    return nil
                } catch {
                    return error.reason
                }
            })
    }
}

/// What is to be told of a key, whatever its type.
package struct SettingFacts: Sendable {
    /// Its place in a configuration file, parts separated by dots.
    package let path: String
    /// What may stand there.
    package let allowed: String
    /// All that may stand there, where that is a list of words; empty where it is not.
    package let words: [String]
    /// Whether there may be several values.
    package let isList: Bool
    /// Whether it is a path; one in a file is relative to the file's folder.
    package let isPath: Bool
    /// Whether its text is a number, true or false in JSON.
    let isLiteral: Bool
    let fallbackTexts: [String]
    /// The default as it is told.
    package let fallbackText: String
    /// The variable that CardLink has for it.
    package let olderVariable: String?
    /// The option of `serve`, without dashes.
    package let option: String
    /// What stands for the value in the help of the option.
    package let valueName: String
    /// Whether a change takes effect at SIGHUP.
    package let isLive: Bool
    /// What it is for, as a sentence.
    package let help: String
    /// What is wrong with texts; nil when nothing is.
    let refusal: @Sendable ([String]) -> String?

    /// The environment variable.
    package var variable: String {
        ConfigKeys.variablePrefix + String(path.uppercased().map { $0.isLetter || $0.isNumber ? $0 : "_" })
    }
}

/// A row of the table whatever its type.
protocol SettingRow {
    var facts: SettingFacts { get }
}

extension Setting: SettingRow {}
