internal import FoundationEssentials

/// Every key with its value and where that is from, for people and for programs.
package struct ConfigListing: Sendable {
    private let settings: Settings

    /// A listing of what counts.
    package init(_ settings: Settings) { self.settings = settings }

    /// A value that is longer than this moves its own line only.
    private static let widestColumn = 40

    /// A line a key: key, value, place.
    package var text: String {
        let rows = ConfigKeys.table.rows.map { row in
            [row.path, Self.shown(row, settings.texts(of: row)), settings.origin(of: row).place]
        }
        let widths = (0..<2).map { column in min(Self.widestColumn, rows.map { $0[column].count }.max() ?? 0) }
        return rows.map { cells in
            zip(cells, widths).map { $0 + String(repeating: " ", count: max(0, $1 - $0.count) + 2) }.joined() + cells[2]
                + "\n"
        }.joined()
    }

    /// An array of objects.
    package func json() throws -> String {
        try JSONText.of(
            ConfigKeys.table.rows.map { row in
                Row(
                    key: row.path, value: JSONValue(row, settings.texts(of: row)),
                    origin: settings.origin(of: row).kind, place: settings.origin(of: row).place)
            })
    }

    /// The value of one key, a line for each part of a list.
    package func value(of row: SettingFacts) -> String { settings.texts(of: row).map { "\($0)\n" }.joined() }

    /// The value of one key.
    package func json(of row: SettingFacts) throws -> String {
        try JSONText.of(JSONValue(row, settings.texts(of: row)))
    }

    private static func shown(_ row: SettingFacts, _ texts: [String]) -> String {
        texts.isEmpty ? row.fallbackText : texts.joined(separator: ", ")
    }

    private struct Row: Encodable {
        var key: String
        var value: JSONValue
        /// option, variable, file or default.
        var origin: String
        var place: String
    }
}

/// A value as JSON has it.
enum JSONValue: Encodable {
    case nothing
    case flag(Bool)
    case number(Double)
    case text(String)
    case list([String])

    /// The value of a key from its texts.
    init(_ row: SettingFacts, _ texts: [String]) {
        guard !row.isList else {
            self = .list(texts)
            return
        }
        guard let text = texts.first else {
            self = .nothing
            return
        }
        guard row.isLiteral else {
            self = .text(text)
            return
        }
        self = Bool(text.lowercased()).map(Self.flag) ?? Double(text).map(Self.number) ?? .text(text)
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .nothing: try container.encodeNil()
        case .flag(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .text(let value): try container.encode(value)
        case .list(let values): try container.encode(values)
        }
    }
}

/// JSON as the commands print it.
package enum JSONText {
    /// The text of a value, ended by a line feed.
    package static func of(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
    }
}

extension Settings.Origin {
    fileprivate var kind: String {
        switch self {
        case .option: "option"
        case .variable: "variable"
        case .file: "file"
        case .fallback: "default"
        }
    }
}
