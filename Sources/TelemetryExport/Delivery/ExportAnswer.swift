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

    /// From the message of a response that says that it was taken.
    init(taken message: [UInt8]) {
        // A message that is none of ours says nothing of rejected items.
        let response = try? Cardlink_Otlp_ExportResponse(serializedBytes: message)
        let partial = response?.partialSuccess
        self = .taken(rejected: UInt64(clamping: partial?.rejected ?? 0), message: partial?.errorMessage ?? "")
    }

    /// From an HTTP response to a request of `now`, seconds since 1970, by the protocol's list of status codes that
    /// mean "later".
    init(status: Int, retryAfter: String?, body: [UInt8], now: Int = time(nil)) {
        switch status {
        case 200..<300: self.init(taken: body)
        case 429, 502, 503, 504:
            self = .later(.other, "status \(status)", after: retryAfter.flatMap { Self.pause($0, now: now) })
        default: self = .refused("status \(status)")
        }
    }

    /// From an error of gRPC, by the protocol's list of codes that mean "later".
    ///
    /// - Parameters:
    ///   - details: what a server added, `google.rpc.Status`.
    ///   - isLocal: whether it arose on our side of the connection.
    init(code: Int, message: String, details: [UInt8]?, isLocal: Bool) {
        let retry = details.flatMap { try? Cardlink_Otlp_ErrorStatus(serializedBytes: $0) }?.retryInfo
        let text = "\(Self.codeNames[code] ?? "code \(code)") \(message.prefix(200))"
        switch code {
        case 4: self = .later(.timeout, text, after: retry?.pause)
        case 14: self = .later(.unreachable, text, after: retry?.pause)
        case 1, 10, 11, 15: self = .later(.other, text, after: retry?.pause)
        case 8 where retry != nil: self = .later(.other, text, after: retry?.pause)
        case _ where isLocal: self = .later(.unreachable, text, after: nil)
        default: self = .refused(text)
        }
    }

    /// Whether the connection is to be made anew.
    var isOfConnection: Bool {
        switch self {
        case .later(.unreachable, _, _), .later(.timeout, _, _): true
        case .later, .taken, .refused: false
        }
    }

    private static let codeNames = [
        1: "CANCELLED", 2: "UNKNOWN", 3: "INVALID_ARGUMENT", 4: "DEADLINE_EXCEEDED", 5: "NOT_FOUND",
        6: "ALREADY_EXISTS", 7: "PERMISSION_DENIED", 8: "RESOURCE_EXHAUSTED", 9: "FAILED_PRECONDITION", 10: "ABORTED",
        11: "OUT_OF_RANGE", 12: "UNIMPLEMENTED", 13: "INTERNAL", 14: "UNAVAILABLE", 15: "DATA_LOSS",
        16: "UNAUTHENTICATED",
    ]

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

extension Cardlink_Otlp_ErrorStatus {
    /// When the server wants to be asked again; nil when it does not say that it may be.
    fileprivate var retryInfo: Cardlink_Otlp_RetryInfo? {
        let detail = details.first { $0.typeURL.hasSuffix("/google.rpc.RetryInfo") }
        return detail.flatMap { try? Cardlink_Otlp_RetryInfo(serializedBytes: $0.value) }
    }
}

extension Cardlink_Otlp_RetryInfo {
    /// Its time; nil when it names none.
    fileprivate var pause: Duration? {
        guard hasRetryDelay else { return nil }
        let seconds = min(max(0, retryDelay.seconds), 86_400)
        return .seconds(seconds) + .nanoseconds(min(max(0, retryDelay.nanos), 999_999_999))
    }
}
