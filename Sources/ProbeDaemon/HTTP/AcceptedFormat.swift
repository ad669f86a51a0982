/// The format that a scraper gets, by its Accept header (RFC 9110, 12.5.1).
struct AcceptedFormat: Equatable {
    let format: ScrapeFormat
    /// Whether it asked how names are escaped; ours are the same in all ways.
    let hasEscaping: Bool

    /// The highest weight counts, and of equal ones the first; where nothing fits, the text format.
    init(_ header: String?) {
        var best: (format: ScrapeFormat, hasEscaping: Bool, weight: Double)?
        for entry in (header ?? "").split(separator: ",") {
            let range = MediaRange(entry)
            guard let format = range.format, range.weight > best?.weight ?? 0 else { continue }
            best = (format, range.parameters["escaping"] != nil, range.weight)
        }
        format = best?.format ?? .text
        hasEscaping = best?.hasEscaping ?? false
    }

    /// The value of Content-Type; Prometheus 3 fails a scrape whose type is missing or unknown.
    var contentType: String {
        hasEscaping && format != .json ? format.contentType + "; escaping=underscores" : format.contentType
    }
}

/// One entry of an Accept header.
private struct MediaRange {
    let type: String
    let parameters: [String: String]

    init(_ entry: Substring) {
        let parts = entry.split(separator: ";").map {
            $0.filter { $0 != " " && $0 != "\t" }.lowercased()
        }
        type = parts.first ?? ""
        let pairs = parts.dropFirst().map { $0.split(separator: "=", maxSplits: 1).map(String.init) }
        parameters = Dictionary(
            pairs.filter { $0.count == 2 }.map { ($0[0], $0[1].filter { $0 != "\"" }) }
        ) { first, _ in first }
    }

    /// 0 refuses.
    var weight: Double {
        guard let text = parameters["q"] else { return 1 }
        return Double(text).map { $0.isFinite ? $0 : 0 } ?? 0
    }

    /// Ours, if it is one of them. OpenMetrics without a version is 0.0.1, text without one 0.0.4.
    var format: ScrapeFormat? {
        let version = parameters["version"]
        switch type {
        case "application/openmetrics-text": return version == "1.0.0" ? .openMetrics : nil
        case "text/plain": return version == nil || version == "0.0.4" ? .text : nil
        case "application/json": return .json
        case "*/*", "text/*": return .text
        default: return nil
        }
    }
}
