internal import Glibc
internal import ProbeEvents
internal import SwiftProtobuf

/// What became of one request.
enum ExportAnswer: Sendable, Hashable {
    /// It was taken; some of it may have been rejected for good.
    case taken(rejected: UInt64, message: String)
    /// It was refused, and would be again.
    case refused(String)
    /// It may be taken later; the server may have said when.
    case later(ExportFailureReason, String, after: Duration?)

    /// From a response to a request of `now`, seconds since 1970, by the protocol's list of status codes that mean "later".
    init(status: Int, retryAfter: String?, body: [UInt8], now: Int = time(nil)) {
        switch status {
        case 200..<300:
            // A body that is none of ours says nothing of rejected items.
            let response = try? Cardlink_Otlp_ExportResponse(serializedBytes: body)
            let partial = response?.partialSuccess
            self = .taken(
                rejected: UInt64(clamping: partial?.rejected ?? 0), message: partial?.errorMessage ?? "")
        case 429, 502, 503, 504:
            self = .later(.other, "status \(status)", after: retryAfter.flatMap { Self.pause($0, now: now) })
        default: self = .refused("status \(status)")
        }
    }

    /// `Retry-After`: seconds, or a date (RFC 7231, 7.1.1.1).
    private static func pause(_ text: String, now: Int) -> Duration? {
        if let seconds = Int(text) { return .seconds(min(max(0, seconds), 86_400)) }
        guard let date = seconds(ofDate: text) else { return nil }
        return .seconds(min(max(0, date - now), 86_400))
    }

    /// `Tue, 14 Nov 2023 22:13:50 GMT` in seconds since 1970.
    private static func seconds(ofDate text: String) -> Int? {
        let words = text.split(separator: " ")
        guard words.count == 6, words[5] == "GMT", let day = Int32(words[1]), let year = Int32(words[3]),
            let month = months.firstIndex(of: String(words[2])), (1...31).contains(day), (1970...9999).contains(year)
        else { return nil }
        let clock = words[4].split(separator: ":").map { Int32($0) ?? -1 }
        guard clock.count == 3, clock.allSatisfy({ (0...60).contains($0) }) else { return nil }
        var date = tm()
        (date.tm_year, date.tm_mon, date.tm_mday) = (year - 1900, Int32(month), day)
        (date.tm_hour, date.tm_min, date.tm_sec) = (clock[0], clock[1], clock[2])
        return timegm(&date)
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}
