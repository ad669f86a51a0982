internal import FoundationEssentials

/// User and password of an Authorization header (RFC 7617).
struct BasicCredentials: Sendable {
    let user: String
    let password: String

    /// Reads the value of the header; nil when it has none of this kind.
    init?(header: String) {
        guard header.utf8.count <= 4_096 else { return nil }
        let words = header.split(separator: " ", maxSplits: 1)
        guard words.count == 2, words[0].lowercased() == "basic", let data = Data(base64Encoded: String(words[1])),
            let text = String(validating: data, as: UTF8.self), let colon = text.firstIndex(of: ":")
        else { return nil }
        user = String(text[..<colon])
        password = String(text[text.index(after: colon)...])
    }
}
