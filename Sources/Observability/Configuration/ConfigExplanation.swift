/// All that the table says of one key, for people and for programs.
package struct ConfigExplanation: Sendable {
    private let row: SettingFacts

    /// The explanation of a row.
    package init(_ row: SettingFacts) { self.row = row }

    /// A line for each thing.
    package var text: String {
        let change = row.isLive ? "at SIGHUP" : "when the probe is started again"
        return """
            \(row.path): \(row.help)
              allowed    \(row.allowed)\(row.isList ? "; a list" : "")
              default    \(row.fallbackText)
              variables  \(variables.joined(separator: ", "))
              option     --\(row.option) <\(row.valueName)>
              a change counts \(change)

            """
    }

    /// One object.
    package func json() throws -> String {
        try JSONText.of(
            Fields(
                key: row.path, help: row.help, allowed: row.allowed, isList: row.isList,
                fallback: JSONValue(row, row.fallbackTexts), fallbackText: row.fallbackText, variables: variables,
                option: "--\(row.option)", isLive: row.isLive))
    }

    private var variables: [String] { [row.variable] + (row.olderVariable.map { [$0] } ?? []) }

    private struct Fields: Encodable {
        var key: String
        var help: String
        var allowed: String
        var isList: Bool
        var fallback: JSONValue
        var fallbackText: String
        var variables: [String]
        var option: String
        var isLive: Bool

        enum CodingKeys: String, CodingKey {
            case key, help, allowed, variables, option
            case isList = "list"
            case fallback = "default"
            case fallbackText = "default_text"
            case isLive = "live"
        }
    }
}
