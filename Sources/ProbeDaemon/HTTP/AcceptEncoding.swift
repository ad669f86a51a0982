/// What a client says about encodings in its Accept-Encoding header.
enum AcceptEncoding {
    /// Whether gzip may be sent: named, or covered by `*`, with a weight above 0 (RFC 9110, 12.5.3).
    static func allowsGzip(_ header: String?) -> Bool {
        guard let header else { return false }
        var wildcard = false
        for entry in header.split(separator: ",") {
            let parts = entry.split(separator: ";")
            guard let coding = parts.first.map(trimmed)?.lowercased() else { continue }
            let isWanted = weight(of: parts.dropFirst()) > 0
            switch coding {
            case "gzip", "x-gzip": return isWanted
            case "*": wildcard = isWanted
            default: continue
            }
        }
        return wildcard
    }

    private static func weight(of parameters: ArraySlice<Substring>) -> Double {
        for parameter in parameters {
            let text = trimmed(parameter)
            guard text.hasPrefix("q=") || text.hasPrefix("Q=") else { continue }
            return Double(text.dropFirst(2)) ?? 0
        }
        return 1
    }

    private static func trimmed(_ text: Substring) -> Substring {
        let start = text.drop { $0 == " " || $0 == "\t" }
        guard let last = start.lastIndex(where: { $0 != " " && $0 != "\t" }) else { return "" }
        return start[...last]
    }
}
