internal import Logging

/// Makes fields of what callers give as metadata: bounded, in the order of their names, without what is secret by its name.
enum LogFields {
    /// Bytes of a message or a text; what is longer is cut.
    static let textLimit = 16_384
    /// Values of one record, those in lists and maps counted too.
    private static let valueLimit = 256
    /// Lists and maps within each other.
    private static let depthLimit = 8

    /// Fields of metadata.
    static func fields(_ metadata: Logger.Metadata) -> [LogField] {
        var room = valueLimit
        return fields(metadata, depth: 0, room: &room)
    }

    /// A text with no more bytes than it may have.
    static func cut(_ text: String) -> String {
        guard text.utf8.count > textLimit else { return text }
        return String(decoding: text.utf8.prefix(textLimit), as: UTF8.self) + "…"
    }

    private static func fields(_ metadata: Logger.Metadata, depth: Int, room: inout Int) -> [LogField] {
        var fields: [LogField] = []
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            guard room > 0 else { break }
            room -= 1
            let isSecret = SecretName.matches(key)
            fields.append(LogField(cut(key), isSecret ? .text("(cut)") : self.value(value, depth: depth, room: &room)))
        }
        return fields
    }

    private static func value(_ value: Logger.MetadataValue, depth: Int, room: inout Int) -> LogValue {
        switch value {
        case .string(let text): return .text(cut(text))
        case .stringConvertible(let value): return self.value(value)
        case .dictionary(let metadata):
            return depth < depthLimit ? .map(fields(metadata, depth: depth + 1, room: &room)) : .text("…")
        case .array(let values):
            guard depth < depthLimit else { return .text("…") }
            var list: [LogValue] = []
            for value in values {
                guard room > 0 else { break }
                room -= 1
                list.append(self.value(value, depth: depth + 1, room: &room))
            }
            return .list(list)
        }
    }

    private static func value(_ value: any CustomStringConvertible) -> LogValue {
        switch value {
        case let flag as Bool: return .flag(flag)
        case let number as any BinaryInteger:
            return Int64(exactly: number).map(LogValue.integer) ?? .text(cut(value.description))
        case let number as any BinaryFloatingPoint: return .number(Double(number))
        default: return .text(cut(value.description))
        }
    }
}

/// Names under which nobody may write a value to a log.
///
/// Nothing of ours logs a secret; libraries and programs share the log.
enum SecretName {
    private static let words: Set<String> = [
        "adm", "authorization", "cookie", "credential", "credentials", "passphrase", "passwd", "password", "pin", "psk",
        "puk", "secret", "token",
    ]
    private static let wordsBeforeKey: Set<String> = ["api", "auth", "encryption", "private", "secret", "session"]

    /// Whether one of the words in a name (`db_password`, `apiKey`, `X-Auth-Token`) is a secret's.
    static func matches(_ name: String) -> Bool {
        let words = words(of: name)
        guard !words.contains(where: Self.words.contains) else { return true }
        return zip(words, words.dropFirst()).contains { wordsBeforeKey.contains($0) && ["key", "keys"].contains($1) }
    }

    private static func words(of name: String) -> [String] {
        var words = [""]
        var wasLower = false
        for character in name.prefix(256) {
            let isPart = character.isLetter || character.isNumber
            if !isPart || (wasLower && character.isUppercase) { words.append("") }
            if isPart { words[words.count - 1] += character.lowercased() }
            wasLower = character.isLowercase
        }
        return words.filter { !$0.isEmpty }
    }
}
